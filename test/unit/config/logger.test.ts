import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { pino } from "pino";
import { createLogger } from "../../../src/config/logger.ts";
import { ApiError } from "../../../src/kubernetes/api-error.ts";
import { temporaryDirectory } from "../../support/temporary.ts";

interface Line {
  readonly pod: string;
  readonly err: { readonly message: string; readonly stack?: string };
}

/** The one line that an error leaves in the log. */
function logged(error: Error): Line {
  const file = join(temporaryDirectory("log"), "log");
  createLogger({ level: "info" }, "pod-0", pino.destination({ dest: file, sync: true })).warn(
    { err: error },
    "it failed",
  );
  return JSON.parse(readFileSync(file, "utf8")) as Line;
}

test("what the API server or the network refused is told without a stack", () => {
  const refused = logged(new ApiError(403, { message: "pods is forbidden" }));
  assert.deepEqual([refused.pod, refused.err.message], ["pod-0", "pods is forbidden"]);
  assert.equal("stack" in refused.err, false);
  const broken = logged(Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" }));
  assert.equal("stack" in broken.err, false);
});

test("a bug is told with its stack", () => {
  assert.match(logged(new TypeError("x is undefined")).err.stack ?? "", /logger\.test/);
});
