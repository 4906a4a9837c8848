import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { removeStaleSettings, runningSandbox } from "../../../tools/sandbox/running.mjs";
import { temporaryDirectory } from "../../support/temporary.ts";

const NO_PROCESS = 2 ** 30; // above the greatest process id of Linux

function directoryWith(pid: number | undefined): string {
  const directory = temporaryDirectory("sandbox");
  writeFileSync(join(directory, "env"), "");
  if (pid !== undefined) writeFileSync(join(directory, "pid"), `${pid}\n`);
  return directory;
}

test("settings are stale without a process, with one that is gone, and with one that is no sandbox", () => {
  for (const pid of [undefined, NO_PROCESS, process.pid]) {
    const directory = directoryWith(pid);
    assert.equal(runningSandbox(directory), undefined);
    removeStaleSettings(directory);
    assert.ok(!existsSync(join(directory, "env")), String(pid));
  }
});

test("nothing is removed where no sandbox ever was", () => {
  removeStaleSettings(join(temporaryDirectory("sandbox"), "absent"));
});
