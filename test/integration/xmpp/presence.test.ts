import assert from "node:assert/strict";
import { after, before, describe, test, type TestContext } from "node:test";
import xml, { type Element } from "@xmpp/xml";
import { PresenceGateway } from "../../../src/xmpp/presence/gateway.ts";
import { SipEndpoint } from "../../../src/xmpp/sip/endpoint.ts";
import { Dialog } from "../../support/sip/dialog.ts";
import { header, tagOf } from "../../support/sip/message.ts";
import { UserAgent, type Handler, type ReceivedRequest } from "../../support/sip/user-agent.ts";
import { waitFor } from "../../support/wait-for.ts";
import { LOCAL_DOMAIN, XmppBed } from "../../support/xmpp-bed.ts";
import { XmppClient } from "../../support/xmpp-client.ts";
import type { XmppServer } from "../../support/xmpp-server.ts";

const KINDS = ["prosody", "ejabberd"] as const;
const accounts = { juliet: "juliets secret" };
const ROMEO = `romeo@${LOCAL_DOMAIN}`;

/** What a gateway writes down, for the next one. */
class Store {
  text: string | undefined;

  load(): Promise<string | undefined> {
    return Promise.resolve(this.text);
  }

  save(text: string): Promise<void> {
    this.text = text;
    return Promise.resolve();
  }
}

/** The gateway between the streams and a SIP user agent that stands for the router and the inside. */
class PresenceSide {
  readonly agent: UserAgent;
  readonly store: Store;
  readonly #bed: XmppBed;
  readonly #endpoint: SipEndpoint;
  readonly #gateway: PresenceGateway;

  private constructor(
    bed: XmppBed,
    parts: { agent: UserAgent; endpoint: SipEndpoint; gateway: PresenceGateway; store: Store },
  ) {
    this.#bed = bed;
    this.agent = parts.agent;
    this.store = parts.store;
    this.#endpoint = parts.endpoint;
    this.#gateway = parts.gateway;
  }

  static async open(bed: XmppBed, agent: UserAgent, store = new Store(), port = 0): Promise<PresenceSide> {
    const host = agent.host;
    const router = { host, port: agent.port };
    const endpoint = await SipEndpoint.open({ listen: { host, port }, router }, (request) =>
      gateway.fromSip(request),
    );
    const gateway = new PresenceGateway({
      sip: endpoint,
      xmpp: bed.streams,
      store,
      contact: `sip:gateway@${host}:${endpoint.port};transport=tcp`,
      log: bed.logger,
    });
    await gateway.start();
    bed.onStanza = (stanza) => {
      if (stanza.name === "presence") void gateway.fromXmpp(stanza);
    };
    return new PresenceSide(bed, { agent, endpoint, gateway, store });
  }

  get port(): number {
    return this.#endpoint.port;
  }

  /** SUBSCRIBE of Romeo's user agent, and the dialog that it opens. */
  async subscribe(contact: string): Promise<Dialog> {
    const target = { host: this.agent.host, port: this.port, transport: "tcp" } as const;
    const headers = [
      ["Event", "presence"],
      ["Accept", "application/pidf+xml"],
    ] as const;
    const sent = this.agent.send({
      method: "SUBSCRIBE",
      uri: `sip:${contact}`,
      target,
      from: `sip:${ROMEO}`,
      headers,
    });
    const response = await sent.final;
    assert.equal(response.status, 200);
    assert.equal(header(response, "Expires"), "3600");
    return Dialog.ofCaller(this.agent, sent.request, response);
  }

  /** Waits for a NOTIFY inside the dialog that says so. */
  async notified(dialog: Dialog, state: RegExp, body: RegExp): Promise<ReceivedRequest> {
    return this.agent.waitForRequest(
      `a NOTIFY ${String(state)} ${String(body)}`,
      (request) =>
        request.method === "NOTIFY" &&
        header(request, "Call-ID") === dialog.state.callId &&
        state.test(header(request, "Subscription-State")) &&
        body.test(request.body),
    );
  }

  /** The gateway goes, and another one comes in its place. */
  async restarted(): Promise<PresenceSide> {
    const { port } = this;
    await this.close();
    return PresenceSide.open(this.#bed, this.agent, this.store, port);
  }

  async close(): Promise<void> {
    await this.#gateway.stop();
    await this.#endpoint.stop(0);
  }
}

const isPresence = (from: string, type?: string) => (stanza: Element) =>
  stanza.name === "presence" && String(stanza.attrs.from).startsWith(from) && stanza.attrs.type === type;

/** Waits until the client's roster says so of a contact: `none`, `to`, `from`, `both`, with `?` while a request waits. */
async function rostered(client: XmppClient, contact: string, wanted: string): Promise<void> {
  await waitFor(`${contact} to be ${wanted} in the roster of ${client.bareJid}`, async () => {
    const answer = await client.ask(xml("iq", { type: "get" }, xml("query", { xmlns: "jabber:iq:roster" })));
    const items = answer.getChild("query")?.getChildren("item") ?? [];
    const { subscription, ask } = (items.find(({ attrs }) => attrs.jid === contact)?.attrs ?? {}) as Record<
      string,
      string
    >;
    return `${subscription ?? "none"}${ask === undefined ? "" : "?"}` === wanted;
  });
}

for (const kind of KINDS) {
  describe(`presence of a foreign ${kind}`, () => {
    const domain = `${kind}.example`;
    const juliet = `juliet@${domain}`;
    let bed: XmppBed;
    let server: XmppServer;

    before(async () => {
      bed = await XmppBed.open();
      server = await bed[kind]({ domain, accounts });
    });
    after(() => bed.close());

    async function open(t: TestContext, handler?: Handler): Promise<PresenceSide> {
      const agent = await UserAgent.open({ host: bed.nextAddress(), ...(handler && { handler }) });
      t.after(() => agent.close());
      return PresenceSide.open(bed, agent);
    }

    test("a SIP user asks, is approved, sees the contact come, change and go, over a restart too", async (t) => {
      let side = await open(t);
      t.after(() => side.close());
      const client = await XmppClient.login({ server, user: "juliet", resource: "balcony" });
      t.after(() => client.close());
      const dialog = await side.subscribe(juliet);
      await side.notified(dialog, /^pending;expires=\d+$/, /^$/);
      await client.next("a request", isPresence(ROMEO, "subscribe"));
      await client.presence(ROMEO, "subscribed");
      await side.notified(dialog, /^active/, /<basic>open<\/basic>/);
      await client.send(
        xml(
          "presence",
          {},
          xml("show", {}, "away"),
          xml("status", { "xml:lang": "de" }, "Auf dem Balkon 🌹"),
        ),
      );
      const told = await side.notified(dialog, /^active/, /away.*Auf dem Balkon 🌹/);
      assert.match(told.body, /id="ID-balcony"/);

      side = await side.restarted();
      await side.notified(dialog, /^active/, /Auf dem Balkon/);
      await client.send(xml("presence", {}, xml("show", {}, "dnd"), xml("status", {}, "later")));
      await side.notified(dialog, /^active/, /dnd.*later/);
      const renewal = await dialog.request("SUBSCRIBE", {
        headers: [
          ["Event", "presence"],
          ["Expires", "600"],
        ],
      });
      assert.equal(renewal.status, 200);

      await client.send(xml("presence", { type: "unavailable" }));
      await side.notified(dialog, /^active/, /<basic>closed<\/basic>/);
      await client.send(xml("presence"));
      await client.presence(ROMEO, "unsubscribed");
      await side.notified(dialog, /^terminated;reason=rejected/, /^$/);
    });

    test("an XMPP user asks, is approved, sees the contact come, change and go, and ends it", async (t) => {
      let current = "closed";
      const dialogs: Dialog[] = [];
      const notify = async (state: string): Promise<void> => {
        const tuple = `<tuple id="ID-phone"><status><basic>${current}</basic></status><note>${current} now</note></tuple>`;
        const body = `<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="pres:${ROMEO}">${tuple}</presence>`;
        const headers = [
          ["Event", "presence"],
          ["Subscription-State", state],
          ["Content-Type", "application/pidf+xml"],
        ] as const;
        const response = await dialogs.at(-1)?.request("NOTIFY", { headers, body });
        assert.equal(response?.status, 200);
      };
      const ends: string[] = [];
      const side = await open(t, (request) => {
        const expires = header(request, "Expires");
        if (expires === "0") {
          ends.push(header(request, "Call-ID"));
          return { status: 200, headers: [["Expires", "0"]] };
        }
        const to = `${header(request, "To")};tag=phone`;
        if (tagOf(header(request, "To")) === undefined)
          dialogs.push(Dialog.ofCallee(side.agent, request, to));
        return {
          status: 200,
          headers: [
            ["Expires", "3600"],
            ["To", to],
          ],
        };
      });
      t.after(() => side.close());
      const client = await XmppClient.login({ server, user: "juliet", resource: "garden" });
      t.after(() => client.close());
      await client.presence(ROMEO, "subscribe");
      const subscribe = await side.agent.waitForRequest(
        "a SUBSCRIBE",
        ({ method }) => method === "SUBSCRIBE",
      );
      assert.equal(subscribe.uri, `sip:${ROMEO}`);
      assert.match(header(subscribe, "From"), new RegExp(`<sip:${juliet}>`));

      await notify("pending;expires=3600");
      current = "open";
      await notify("active;expires=3600");
      await rostered(client, ROMEO, "to");
      const told = await client.next("presence", isPresence(`${ROMEO}/phone`));
      assert.equal(told.getChildText("status"), "open now");
      assert.ok(!client.received.some(isPresence(`${ROMEO}/phone`, "unavailable")));
      current = "closed";
      await notify("active;expires=3000");
      await client.next("a good-bye", isPresence(`${ROMEO}/phone`, "unavailable"));
      current = "open";
      await notify("active;expires=3000");
      await client.next("presence again", isPresence(`${ROMEO}/phone`));

      const second = await XmppClient.login({ server, user: "juliet", resource: "balcony" });
      t.after(() => second.close());
      await second.next("presence for the second device", isPresence(`${ROMEO}/phone`));

      await client.presence(ROMEO, "unsubscribe");
      await waitFor("the end of the subscription", () => ends.length > 0);
      await rostered(client, ROMEO, "none");
      assert.deepEqual(ends, [header(subscribe, "Call-ID")]);
    });

    test("an XMPP user who is refused for good waits no longer", async (t) => {
      const side = await open(t, () => ({ status: 603 }));
      t.after(() => side.close());
      const client = await XmppClient.login({ server, user: "juliet" });
      t.after(() => client.close());
      const mercutio = `mercutio@${LOCAL_DOMAIN}`;
      await client.presence(mercutio, "subscribe");
      await side.agent.waitForRequest("a SUBSCRIBE", ({ uri }) => uri === `sip:${mercutio}`);
      await rostered(client, mercutio, "none");
    });

    test("a SIP user who asks for a user whom the server does not know, or a server that there is not, is told", async (t) => {
      const side = await open(t);
      t.after(() => side.close());
      const dialog = await side.subscribe("juliet@nowhere.example");
      await side.notified(dialog, /^terminated;reason=probation;retry-after=300$/, /^$/);
      const nobody = await side.subscribe(`nobody@${domain}`);
      await side.notified(nobody, /^(pending;expires=\d+|terminated;reason=\w+)/, /^$/);
    });
  });
}
