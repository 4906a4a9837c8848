/** A domain speaks XMPP, but cannot prove that it is the one: it is refused, or reached over SIP where a setting says so. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Authority } from "../support/authority.ts";
import { waitFor } from "../support/wait-for.ts";
import { conditionOf, fullConditionOf } from "./support/cluster.ts";
import { Federation } from "./support/federation.ts";
import { open, to } from "./support/objects.ts";
import { foreignServer, logIn, type ForeignServer } from "./support/xmpp-people.ts";

const ALICE = "alice@example.com";

for (const downgradeToSip of [false, true]) {
  describe(`certificates that are not valid, with downgradeToSip: ${downgradeToSip}`, () => {
    let federation: Federation;
    let wrongName: ForeignServer;
    let wrongAuthority: ForeignServer;
    let expired: ForeignServer;
    let good: ForeignServer;

    before(async () => {
      federation = await Federation.start({
        xmpp: true,
        config: ({ xmpp }) => ({ xmpp: { ...xmpp.settings, downgradeToSip } }),
      });
      wrongName = await foreignServer(federation, "name.example", {
        certificate: { names: ["DNS:other.example"] },
      });
      wrongAuthority = await foreignServer(federation, "authority.example", { authority: new Authority() });
      expired = await foreignServer(federation, "expired.example", {
        certificate: { names: ["DNS:expired.example"], days: -1 },
      });
      good = await foreignServer(federation, "good.example");
      await federation.cluster.apply(open(to(await federation.party("partner"))));
    });
    after(() => federation.stop());

    async function write(recipient: string, body = "Hello"): Promise<string> {
      const headers = [["Content-Type", "text/plain"]] as const;
      return federation.fromInside({ to: recipient, from: ALICE, body, headers });
    }

    test("requests to them, and what becomes of the domains", async (t) => {
      for (const { juliet } of [wrongName, wrongAuthority, expired]) {
        assert.equal(await write(juliet), downgradeToSip ? "200 at partner" : "403", juliet);
      }
      const client = await logIn(t, good);
      assert.equal(await write(good.juliet, "Others are not affected"), "200");
      await client.nextMessage("Others are not affected");
      const known = downgradeToSip
        ? ["authority.example", "expired.example", "good.example", "name.example"]
        : ["good.example"];
      await federation.cluster.appear("FederatedDomain", known);
      assert.deepEqual(await federation.cluster.names("FederatedDomain"), known);
      if (!downgradeToSip) return;
      const object = await federation.cluster.get("FederatedDomain", "expired.example");
      assert.equal(object.spec.protocol, "SIP");
    });

    test("the default route says so, by a condition and Events", async () => {
      const { cluster } = federation;
      const condition = await waitFor("the condition", async () => {
        const object = await cluster.get("StaticRoute", "default");
        const found = fullConditionOf(object, "XmppDiscovery");
        return found?.message.includes("authority.example, expired.example, name.example") === true && found;
      });
      assert.deepEqual([condition.status, condition.reason], ["False", "CertificateInvalid"]);
      assert.match(condition.message, downgradeToSip ? /go out over SIP/ : /answered with 403/);
      // traffic of others is none of its business
      assert.equal(conditionOf(await cluster.get("StaticRoute", "default"), "Ready"), "True Open");
      const event = await waitFor("an Event", async () =>
        (await cluster.events("StaticRoute", "default")).find(
          ({ reason }) => reason === "XmppCertificateInvalid",
        ),
      );
      assert.equal(event.type, "Warning");
      assert.match(event.note, /^(name|authority|expired)\.example speaks XMPP with a certificate/);
    });
  });
}
