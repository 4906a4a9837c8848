import assert from "node:assert/strict";
import { test } from "node:test";
import { neededPackages } from "../../../tools/setup/debian.ts";

const forDemo = [
  "curl",
  "kamailio",
  "kamailio-extra-modules",
  "kamailio-tls-modules",
  "prosody",
  "lua-unbound",
  "openssl",
  "sip-tester",
];

test("the demo and the sandbox ask for what they use, whoever runs them", () => {
  for (const isRoot of [true, false]) assert.deepEqual(neededPackages({ forTests: false, isRoot }), forDemo);
});

test("who cannot run the tests that need root is not asked for what only those use", () => {
  const everybody = neededPackages({ forTests: true, isRoot: false });
  const written = ["baresip-core", "twinkle-console", "ejabberd", "prometheus", "chromium"];
  assert.deepEqual(everybody, [...forDemo, ...written, "git", "redis-server"]);
  const all = neededPackages({ forTests: true, isRoot: true });
  for (const name of [...forDemo, "mmdebstrap", "podman"]) assert.ok(all.includes(name), name);
});
