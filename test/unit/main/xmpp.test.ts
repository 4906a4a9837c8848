import assert from "node:assert/strict";
import { test } from "node:test";
import { parseConfig } from "../../../src/config/load.ts";
import { questionMs } from "../../../src/main/xmpp.ts";

const AROUND = { podName: "edge-0", podUid: "u", podNamespace: "voice", addresses: [] };

/** Milliseconds that a domain may be asked for, or what is wrong with the settings. */
function asked(xmpp: number | undefined, discovery: number | undefined): number | string {
  const settings = {
    localDomains: ["example.com"],
    xmpp: { enabled: true, ...(xmpp !== undefined && { timeoutSeconds: xmpp }) },
    discovery: discovery === undefined ? {} : { timeoutSeconds: discovery },
  };
  const loaded = parseConfig(JSON.stringify(settings), AROUND);
  if (!loaded.ok) return loaded.problems.map(({ path, message }) => `${path}: ${message}`).join("\n");
  assert.ok(loaded.config.xmpp);
  return questionMs(loaded.config.xmpp, loaded.config.discovery);
}

test("a domain is asked for as long as its setting says, and what was found reaches the router in time", () => {
  assert.equal(asked(undefined, undefined), 1_900);
  assert.equal(asked(1, 2), 1_000, "the way counts against the time of the router alone");
  assert.equal(asked(1.95, 2), 1_900);
  assert.equal(asked(30, 2), 1_900);
});

test("the least values leave time to ask", () => {
  assert.equal(asked(0.1, undefined), 100);
  assert.equal(asked(0.1, 0.2), 100);
  assert.equal(asked(30, 0.2), 100);
  assert.match(String(asked(undefined, 0.19)), /^discovery\.timeoutSeconds: .*0\.19.*0\.2/);
  assert.match(String(asked(0.09, undefined)), /^xmpp\.timeoutSeconds: .*0\.09.*0\.1/);
});
