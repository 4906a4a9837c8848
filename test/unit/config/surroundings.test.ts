import assert from "node:assert/strict";
import { hostname } from "node:os";
import { test } from "node:test";
import { surroundings } from "../../../src/config/surroundings.ts";

test("a pod is named by the downward API", () => {
  const around = surroundings({ POD_NAME: "edge-0", POD_UID: "u", POD_NAMESPACE: "voice" });
  assert.deepEqual([around.podName, around.podUid, around.podNamespace], ["edge-0", "u", "voice"]);
});

test("outside a pod the machine's own name is used, and empty variables count as absent", () => {
  const around = surroundings({ POD_NAME: "", POD_UID: "" });
  assert.equal(around.podName, hostname());
  assert.equal(around.podUid, undefined);
  assert(around.addresses.includes("127.0.0.1"));
});
