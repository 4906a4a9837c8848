import assert from "node:assert/strict";
import { test } from "node:test";
import type { Notice } from "../../../src/reconcile/notices.ts";
import { XmppDiscovery } from "../../../src/reconcile/xmpp-discovery.ts";
import { recordingLogger } from "../../support/recording-logger.ts";

function xmppOn(openRoutes: readonly string[] = ["default"], downgradeToSip = false) {
  const log = recordingLogger();
  const notices: Notice[] = [];
  let changes = 0;
  const xmpp = new XmppDiscovery({
    model: { openRoutes },
    uidOf: (_kind, name) => `uid of ${name}`,
    events: { recordAll: (some) => notices.push(...some) },
    log,
    changed: () => (changes += 1),
    downgradeToSip,
  });
  return { xmpp, log, notices, changes: () => changes };
}

const reasons = (notices: readonly Notice[]) =>
  notices.map(({ regarding, reason }) => [regarding.name, reason]);

test("the condition follows the gateway, on open default routes alone", () => {
  const { xmpp, notices, log, changes } = xmppOn(["default", "backup"]);
  assert.equal(xmpp.condition("default")?.reason, "GatewayAway");
  xmpp.gateway(true);
  xmpp.gateway(true);
  assert.deepEqual(
    [xmpp.condition("default")?.status, xmpp.condition("default")?.reason],
    ["True", "Working"],
  );
  assert.equal(xmpp.condition("to-a"), undefined);
  xmpp.gateway(false);
  assert.deepEqual(
    [xmpp.condition("backup")?.status, xmpp.condition("backup")?.reason],
    ["False", "GatewayAway"],
  );
  assert.deepEqual(reasons(notices), [
    ["default", "XmppGatewayReady"],
    ["backup", "XmppGatewayReady"],
    ["default", "XmppGatewayAway"],
    ["backup", "XmppGatewayAway"],
  ]);
  assert.deepEqual(
    log.records.map(({ level }) => level),
    ["info", "warn"],
  );
  assert.equal(changes(), 2);
});

test("a gateway that was never there is told of too", () => {
  const { xmpp, notices } = xmppOn();
  xmpp.gateway(false);
  assert.deepEqual(reasons(notices), [["default", "XmppGatewayAway"]]);
});

test("a wrong certificate is named once, with what becomes of the requests, for ten minutes", () => {
  const { xmpp, notices, changes } = xmppOn();
  xmpp.gateway(true);
  xmpp.untrusted("a.example", 0);
  xmpp.untrusted("a.example", 300_000);
  const found = xmpp.condition("default");
  assert.deepEqual([found?.status, found?.reason], ["False", "CertificateInvalid"]);
  assert.match(found?.message ?? "", /not valid for them: a\.example\. Their requests are answered with 403/);
  assert.deepEqual(reasons(notices).slice(1), [["default", "XmppCertificateInvalid"]]);
  assert.equal(notices[1]?.sampled, true, "strangers can cause it");
  xmpp.expire(899_999);
  assert.equal(xmpp.condition("default")?.reason, "CertificateInvalid");
  xmpp.expire(900_000);
  assert.equal(xmpp.condition("default")?.reason, "Working");
  assert.equal(changes(), 3);
});

test("of many domains some are named", () => {
  const { xmpp } = xmppOn(["default"], true);
  xmpp.gateway(true);
  for (let n = 0; n < 5000; n += 1) xmpp.untrusted(`d${n}.example`, 0);
  const message = xmpp.condition("default")?.message ?? "";
  assert.match(message, /d0\.example, d1\.example, .* and 995 more\. Their requests go out over SIP, as/);
  assert.ok(message.length < 400);
});
