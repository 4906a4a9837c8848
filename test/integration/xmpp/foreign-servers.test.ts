import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import xml from "@xmpp/xml";
import { waitFor } from "../../support/wait-for.ts";
import { LOCAL_DOMAIN, XmppBed } from "../../support/xmpp-bed.ts";
import { XmppClient } from "../../support/xmpp-client.ts";
import type { XmppServer } from "../../support/xmpp-server.ts";

const KINDS = ["prosody", "ejabberd"] as const;
const accounts = { bob: "bobs secret" };

for (const kind of KINDS) {
  describe(`a foreign ${kind}`, () => {
    const domain = `${kind}.example`;
    let bed: XmppBed;
    let server: XmppServer;

    before(async () => {
      bed = await XmppBed.open();
      server = await bed[kind]({ domain, accounts });
    });
    after(() => bed.close());

    test("is found to speak XMPP", async () => {
      assert.equal(await bed.discovery().ask(domain), "xmpp");
    });

    test("carries messages both ways, between the streams and a person's client", async (t) => {
      const bob = await XmppClient.login({ server, user: "bob" });
      t.after(() => bob.close());
      const alice = `alice@${LOCAL_DOMAIN}`;
      const body = "Grüße, 你好, 👋";
      const sent = await bed.streams.send(
        xml("message", { from: alice, to: bob.bareJid, id: "m1" }, xml("body", {}, body)),
      );
      assert.equal(sent, true);
      const message = await bob.nextMessage(body);
      assert.equal(message.attrs.from, alice);

      await bob.message(alice, "and back");
      const back = await waitFor("the answer", () =>
        bed.received.find((stanza) => stanza.getChildText("body") === "and back"),
      );
      assert.equal(back.attrs.from, bob.jid);
      assert.equal(back.attrs.to, alice);
    });

    test("answers questions about its users, with errors of its own", async () => {
      const question = xml("iq", { type: "get", from: `alice@${LOCAL_DOMAIN}`, to: `nobody@${domain}` });
      question.append(xml("query", { xmlns: "no such question" }));
      const answer = await bed.streams.ask(question, 5000);
      assert.equal(answer?.attrs.type, "error");
      assert.equal(answer.attrs.from, `nobody@${domain}`);
    });
  });
}
