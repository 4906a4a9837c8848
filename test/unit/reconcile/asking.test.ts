import assert from "node:assert/strict";
import { test } from "node:test";
import { Asking, type AskingPorts, type XmppAnswer } from "../../../src/reconcile/asking.ts";

function askingWith(answer: XmppAnswer | undefined, overrides: Partial<AskingPorts> = {}) {
  const log: string[] = [];
  const asking = new Asking({
    learning: {
      verdict: (domain, direction) => {
        log.push(`verdict ${domain} ${direction}`);
        return "default";
      },
      learned: (domain, direction, over) => log.push(`learned ${domain} ${direction} ${over ?? "SIP"}`),
      direction: (domain) => (domain === "inbound.example" ? "inbound" : "outbound"),
    },
    ask:
      answer &&
      ((domain) => {
        log.push(`ask ${domain}`);
        return Promise.resolve(answer);
      }),
    isUnknown: () => true,
    downgradeToSip: false,
    untrusted: (domain) => log.push(`untrusted ${domain}`),
    ...overrides,
  });
  return { asking, log };
}

test("a domain that speaks XMPP is remembered as such, and served by the gateway", async () => {
  const { asking, log } = askingWith("xmpp");
  assert.equal(await asking.verdict("a.example", "outbound"), "gateway");
  assert.deepEqual(log, ["ask a.example", "learned a.example outbound XMPP"]);
});

for (const answer of ["notXmpp", "temporary", "away"] as const) {
  test(`${answer}: out by the default route`, async () => {
    const { asking, log } = askingWith(answer);
    assert.equal(await asking.verdict("a.example", "outbound"), "default");
    assert.deepEqual(log, ["ask a.example", "verdict a.example outbound"]);
  });
}

test("a wrong certificate is no reason to go out over SIP, unless a setting says so", async () => {
  const strict = askingWith("untrusted");
  assert.equal(await strict.asking.verdict("a.example", "outbound"), "refused");
  assert.deepEqual(strict.log, ["ask a.example", "untrusted a.example"]);
  const lax = askingWith("untrusted", { downgradeToSip: true });
  assert.equal(await lax.asking.verdict("a.example", "outbound"), "default");
  assert.deepEqual(lax.log, ["ask a.example", "untrusted a.example", "verdict a.example outbound"]);
});

test("without a gateway, for what is not unknown, and inbound nobody is asked", async () => {
  const none = askingWith(undefined);
  assert.equal(await none.asking.verdict("a.example", "outbound"), "default");
  const known = askingWith("xmpp", { isUnknown: () => false });
  assert.equal(await known.asking.verdict("a.example", "outbound"), "default");
  const inbound = askingWith("xmpp");
  assert.equal(await inbound.asking.verdict("inbound.example", "inbound"), "default");
  assert.deepEqual(
    [...none.log, ...known.log, ...inbound.log],
    ["verdict a.example outbound", "verdict a.example outbound", "verdict inbound.example inbound"],
  );
});

test("a proven domain that came by itself is asked before it is written down", async () => {
  const speaks = askingWith("xmpp");
  assert.equal(await speaks.asking.protocol("inbound.example", "SIP"), "XMPP");
  const speaksNot = askingWith("untrusted");
  assert.equal(await speaksNot.asking.protocol("inbound.example", "SIP"), "SIP");
  assert.deepEqual([...speaks.log, ...speaksNot.log], ["ask inbound.example", "ask inbound.example"]);
});

test("what was reached stays what it was reached by", async () => {
  const { asking, log } = askingWith("xmpp");
  assert.equal(await asking.protocol("a.example", "SIP"), "SIP");
  assert.equal(await asking.protocol("inbound.example", "XMPP"), "XMPP");
  const routed = askingWith("xmpp", { isUnknown: () => false });
  assert.equal(await routed.asking.protocol("inbound.example", "SIP"), "SIP");
  assert.deepEqual([...log, ...routed.log], []);
});
