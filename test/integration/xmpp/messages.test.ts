import assert from "node:assert/strict";
import { after, before, describe, test, type TestContext } from "node:test";
import xml from "@xmpp/xml";
import { Gateway } from "../../../src/xmpp/gateway.ts";
import { MessageGateway } from "../../../src/xmpp/messages/message-gateway.ts";
import { Service } from "../../../src/xmpp/service/service.ts";
import { header } from "../../../src/xmpp/sip/headers.ts";
import type { SipRequest, SipResponse } from "../../../src/xmpp/sip/types.ts";
import { waitFor } from "../../support/wait-for.ts";
import { LOCAL_DOMAIN, XmppBed } from "../../support/xmpp-bed.ts";
import { XmppClient } from "../../support/xmpp-client.ts";
import type { XmppServer } from "../../support/xmpp-server.ts";

const KINDS = ["prosody", "ejabberd"] as const;
const STANZAS = "urn:ietf:params:xml:ns:xmpp-stanzas";
/** Shorter than the product's, since one test waits for it. */
const TIMEOUT_MS = 4000;
/** `münchen.example`, as SIP has it. */
const INTERNATIONAL = "xn--mnchen-3ya.example";
const accounts = { bob: "bobs secret", "o\\27malley": "another secret" };

/** The inside, which answers as it is told and keeps what it gets. */
class Inside {
  readonly requests: SipRequest[] = [];
  status = 200;

  request(request: SipRequest): Promise<SipResponse> {
    this.requests.push(request);
    return Promise.resolve({ status: this.status, reason: "", headers: [], body: Buffer.alloc(0) });
  }
}

function messageTo(uri: string, text: string, from = `sip:alice@${LOCAL_DOMAIN}`): SipRequest {
  return {
    method: "MESSAGE",
    uri,
    headers: [
      ["From", `<${from}>;tag=1`],
      ["To", `<${uri}>`],
      ["Call-ID", "call-1"],
      ["Content-Type", "text/plain"],
    ],
    body: Buffer.from(text),
  };
}

/** A client that messages reach: its server has told it of its own presence (RFC 6121 §4.2.2). */
async function login(t: TestContext, server: XmppServer, user: string): Promise<XmppClient> {
  const client = await XmppClient.login({ server, user });
  t.after(() => client.close());
  await client.next(
    "its own presence",
    ({ name, attrs }) => name === "presence" && attrs.from === client.jid,
  );
  return client;
}

/** The request with this text, once it is there. */
async function next(inside: Inside, text: string): Promise<SipRequest> {
  return waitFor(text, () => inside.requests.find(({ body }) => body.toString() === text));
}

for (const kind of KINDS) {
  describe(`messages to and from a foreign ${kind}`, () => {
    const domain = `${kind}.example`;
    const inside = new Inside();
    let bed: XmppBed;
    let server: XmppServer;
    let gateway: Gateway;

    before(async () => {
      bed = await XmppBed.open({ localDomains: [LOCAL_DOMAIN, INTERNATIONAL] });
      server = await bed[kind]({ domain, accounts });
      const messages = new MessageGateway({ sip: inside, xmpp: bed.streams, timeoutMs: TIMEOUT_MS });
      const presence = { fromSip: () => Promise.resolve({ status: 489 }), fromXmpp: () => Promise.resolve() };
      gateway = new Gateway({ messages, presence, service: new Service(bed.streams) });
      bed.onStanza = (stanza) => void gateway.fromXmpp(stanza);
    });
    after(() => bed.close());

    test("RFC 7572 §5: a MESSAGE reaches a person's client, and its 200 means so", async (t) => {
      const bob = await login(t, server, "bob");
      const text = "Grüße & <你好> 👋 \u0007";
      assert.deepEqual(await gateway.fromSip(messageTo(`sip:bob@${domain}`, text)), { status: 200 });
      const message = await bob.nextMessage(text.replace("\u0007", "\ufffd"));
      assert.equal(message.attrs.from, `alice@${LOCAL_DOMAIN}`);
      assert.equal(message.getChildText("thread"), "call-1");
    });

    test("RFC 7247 §5: names are escaped on the way", async (t) => {
      const user = await login(t, server, "o\\27malley");
      assert.deepEqual(await gateway.fromSip(messageTo(`sip:o'malley@${domain}`, "escaped")), {
        status: 200,
      });
      await user.nextMessage("escaped");
      await user.message(`al\\26ice@${LOCAL_DOMAIN}`, "back");
      const { uri, headers } = await next(inside, "back");
      assert.equal(uri, `sip:al&ice@${LOCAL_DOMAIN}`);
      assert.match(
        header(headers, "From") ?? "",
        new RegExp(`^<sip:o'malley@${domain.replace(".", "\\.")}>;tag=`),
      );
    });

    test("RFC 7622 §3.2: users of an international local domain are found by its name in Unicode", async (t) => {
      const bob = await login(t, server, "bob");
      const message = messageTo(`sip:bob@${domain}`, "servus", `sip:alice@${INTERNATIONAL}`);
      assert.deepEqual(await gateway.fromSip(message), { status: 200 });
      assert.equal((await bob.nextMessage("servus")).attrs.from, "alice@münchen.example");
      await bob.message("alice@münchen.example", "griaß di");
      assert.equal((await next(inside, "griaß di")).uri, `sip:alice@${INTERNATIONAL}`);
    });

    test("messages keep their order, and none is lost", async (t) => {
      const bob = await login(t, server, "bob");
      const texts = Array.from({ length: 100 }, (_, index) => `there ${index}`);
      const answers = await Promise.all(
        texts.map((text) => gateway.fromSip(messageTo(`sip:bob@${domain}`, text))),
      );
      assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
      const last = await bob.nextMessage("there 99");
      assert.ok(last.attrs.id !== undefined);
      const bodies = bob.received
        .filter(({ name }) => name === "message")
        .map((stanza) => stanza.getChildText("body"));
      assert.deepEqual(bodies, texts.slice(0, -1));

      for (const text of texts) await bob.message(`alice@${LOCAL_DOMAIN}`, text.replace("there", "back"));
      await next(inside, "back 99");
      const backs = inside.requests
        .map(({ body }) => body.toString())
        .filter((text) => text.startsWith("back "));
      assert.deepEqual(
        backs,
        texts.map((text) => text.replace("there", "back")),
      );
    });

    test("a server that hangs costs its own messages their bounded wait, and nobody else", async (t) => {
      const other = kind === "prosody" ? "other-prosody.example" : "other-ejabberd.example";
      const healthy = await bed.prosody({ domain: other, accounts });
      const bob = await login(t, healthy, "bob");
      // whatever becomes of it, there is a stream now
      await gateway.fromSip(messageTo(`sip:bob@${domain}`, "before"));
      server.process.pause();
      t.after(() => {
        server.process.resume();
      });
      const hung = gateway.fromSip(messageTo(`sip:bob@${domain}`, "meanwhile"));
      assert.deepEqual(await gateway.fromSip(messageTo(`sip:bob@${other}`, "hi")), { status: 200 });
      await bob.nextMessage("hi");
      assert.deepEqual(await hung, { status: 504 });
    });

    test("RFC 7247 §6.1: a MESSAGE to nobody has the error of the foreign server", async () => {
      const { status } = await gateway.fromSip(messageTo(`sip:nobody@${domain}`, "hi"));
      // both servers say service-unavailable (RFC 6121 §8.5.1)
      assert.equal(status, 403);
    });

    test("RFC 7247 §6.1: a MESSAGE to a domain that does not exist is 404", async () => {
      assert.deepEqual(await gateway.fromSip(messageTo("sip:bob@nowhere.example", "hi")), { status: 404 });
    });

    test("RFC 7247 §6.2: a message that the inside refuses is an error to the person's client", async (t) => {
      const bob = await login(t, server, "bob");
      inside.status = 404;
      t.after(() => {
        inside.status = 200;
      });
      const id = await bob.message(`nobody@${LOCAL_DOMAIN}`, "hi");
      const error = await bob.next("an error", ({ attrs }) => attrs.id === id && attrs.type === "error");
      assert.ok(error.getChild("error")?.getChild("item-not-found", STANZAS) !== undefined);
    });

    test("XEP-0030: a person's client sees what the local domain is, and pings it", async (t) => {
      const bob = await login(t, server, "bob");
      const info = await bob.ask(
        xml(
          "iq",
          { type: "get", to: LOCAL_DOMAIN },
          xml("query", { xmlns: "http://jabber.org/protocol/disco#info" }),
        ),
      );
      assert.equal(info.getChild("query")?.getChild("identity")?.attrs.category, "gateway");
      const ping = xml("ping", { xmlns: "urn:xmpp:ping" });
      assert.equal(
        (await bob.ask(xml("iq", { type: "get", to: `alice@${LOCAL_DOMAIN}` }, ping))).attrs.type,
        "result",
      );
    });
  });
}
