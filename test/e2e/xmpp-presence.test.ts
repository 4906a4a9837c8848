/** Presence between users of the inside and of XMPP, through everything that lies between them, over restarts too. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { gunzipSync } from "node:zlib";
import xml from "@xmpp/xml";
import { Dialog } from "../support/sip/dialog.ts";
import { header, headers, tagOf, type Header } from "../support/sip/message.ts";
import type { ReceivedRequest, UserAgent } from "../support/sip/user-agent.ts";
import { waitFor } from "../support/wait-for.ts";
import type { XmppClient } from "../support/xmpp-client.ts";
import { Federation } from "./support/federation.ts";
import { domain as domainObject, open, route, to } from "./support/objects.ts";
import { foreignServer, isPresence, logIn, rostered, type ForeignServer } from "./support/xmpp-people.ts";

const ROMEO = "romeo@example.com";
const BENVOLIO = "benvolio@example.com";
const EVENT: Header = ["Event", "presence"];
/** A NOTIFY that failed is tried again after ten seconds. */
const RETRIED = 30_000;

for (const software of ["prosody", "ejabberd"] as const) {
  describe(`presence with users of ${software}`, () => {
    const domain = `${software}.example`;
    const juliet = `juliet@${domain}`;
    let federation: Federation;
    let foreign: ForeignServer;
    let phone: UserAgent;

    before(async () => {
      federation = await Federation.start({ xmpp: true });
      phone = federation.inside.agent;
      foreign = await foreignServer(federation, domain, { software });
      await federation.cluster.apply(
        route("local", "example.com", to(federation.inside, "UDP")),
        open(to(await federation.party("partner"))),
      );
    });
    after(() => federation.stop());

    /** Waits for a NOTIFY inside the dialog that says so, after the first so many requests. */
    async function notified(
      dialog: Dialog,
      state: RegExp,
      body: RegExp,
      since = 0,
    ): Promise<ReceivedRequest> {
      const fits = (request: ReceivedRequest): boolean =>
        request.method === "NOTIFY" &&
        header(request, "Call-ID") === dialog.state.callId &&
        state.test(header(request, "Subscription-State")) &&
        body.test(request.body);
      const what = `a NOTIFY ${String(state)} ${String(body)}`;
      return waitFor(what, () => phone.received.slice(since).find(fits), { timeout: RETRIED });
    }

    /** Waits until the operator has written down a subscription of this user. */
    async function writtenDown(user: string): Promise<void> {
      await waitFor(`${user} to be written down`, async () => {
        const secret = "secret/sip-federation-xmpp-presence";
        const template = "-o=jsonpath={.data.subscriptions\\.gz}";
        const data = await federation.cluster.kubectl("get", secret, "--ignore-not-found", template);
        return data !== "" && gunzipSync(Buffer.from(data, "base64")).toString().includes(user);
      });
    }

    async function show(client: XmppClient, status: string): Promise<void> {
      await client.send(xml("presence", {}, xml("show", {}, "away"), xml("status", {}, status)));
    }

    test("a user of the inside sees a contact come, change and go, over restarts of everything", async (t) => {
      const { operator, router } = federation.replica;
      const { process: gateway } = federation.environment.xmpp.gateway;
      const client = await logIn(t, foreign);

      const sent = federation.send(federation.inside, {
        method: "SUBSCRIBE",
        to: juliet,
        from: ROMEO,
        headers: [EVENT, ["Expires", "3600"], ["Accept", "application/pidf+xml"]],
      });
      const answer = await sent.final;
      assert.equal(answer.status, 200);
      assert.match(headers(answer, "Record-Route").join(), /;mark=g/);
      const dialog = Dialog.ofCaller(phone, sent.request, answer);
      const pending = await notified(dialog, /^pending/, /^$/);
      assert.match(headers(pending, "Record-Route").join(), /;mark=g/);
      assert.equal((await federation.cluster.appears("FederatedDomain", domain)).spec.protocol, "XMPP");
      await client.next("a request", isPresence(ROMEO, "subscribe"));
      await client.presence(ROMEO, "subscribed");
      await notified(dialog, /^active/, /<basic>open<\/basic>/);

      await writtenDown(ROMEO);
      await operator.kill();
      await show(client, "while it was dead");
      await operator.start();
      await notified(dialog, /^active/, /while it was dead/);
      await show(client, "after its death");
      await notified(dialog, /^active/, /after its death/);

      await operator.stop();
      await show(client, "while it was away");
      await operator.start();
      await notified(dialog, /^active/, /while it was away/);

      await router.kill();
      await show(client, "without a router");
      await router.start();
      await notified(dialog, /^active/, /without a router/);

      await gateway.kill();
      await show(client, "without Prosody");
      await gateway.start();
      await waitFor("the contact to be heard of again", async () => {
        await show(client, "after Prosody");
        return phone.received.some(({ body }) => body.includes("after Prosody"));
      });

      const renewal = await dialog.request("SUBSCRIBE", { headers: [EVENT, ["Expires", "600"]] });
      assert.equal(renewal.status, 200);
      assert.equal(header(renewal, "Expires"), "600");
      await client.send(xml("presence", { type: "unavailable" }));
      const since = phone.received.length;
      await notified(dialog, /^active/, /<basic>closed<\/basic>/);
      await client.send(xml("presence"));
      await notified(dialog, /^active/, /<basic>open<\/basic>/, since);

      const end = await dialog.request("SUBSCRIBE", { headers: [EVENT, ["Expires", "0"]] });
      assert.equal(end.status, 200);
      await notified(dialog, /^terminated/, /./);
      assert.ok(increase(phone.received.filter((it) => header(it, "Call-ID") === dialog.state.callId)));
      const late = await dialog.request("SUBSCRIBE", { headers: [EVENT, ["Expires", "600"]] });
      assert.equal(late.status, 481);
    });

    test("a domain that is blocked is neither watched nor watches any more", async (t) => {
      const client = await logIn(t, foreign);
      const mercutio = "mercutio@example.com";
      const sent = federation.send(federation.inside, {
        method: "SUBSCRIBE",
        to: juliet,
        from: mercutio,
        headers: [EVENT, ["Expires", "3600"]],
      });
      const dialog = Dialog.ofCaller(phone, sent.request, await sent.final);
      await client.next("a request", isPresence(mercutio, "subscribe"));
      await client.presence(mercutio, "subscribed");
      await notified(dialog, /^active/, /<basic>open<\/basic>/);

      await federation.cluster.apply(domainObject(domain, { protocol: "XMPP", policy: "Block" }));
      t.after(() => federation.cluster.apply(domainObject(domain, { protocol: "XMPP" })));
      await show(client, "behind the wall");
      const renewal = await dialog.request("SUBSCRIBE", { headers: [EVENT, ["Expires", "600"]] });
      assert.equal(renewal.status, 403);
      await rostered(client, "tybalt@example.com", "none"); // who asks for the roster is told of changes
      await client.presence("tybalt@example.com", "subscribe");
      await client.next("a refusal", isPresence("tybalt@example.com", "unsubscribed"));
      await rostered(client, "tybalt@example.com", "none");
      const end = await dialog.request("SUBSCRIBE", { headers: [EVENT, ["Expires", "0"]] });
      assert.match(String(end.status), /^(200|481)$/);
      assert.ok(!phone.received.some(({ body }) => body.includes("behind the wall")));
    });

    test("a user of XMPP sees a contact of the inside come, change and go, over restarts of everything", async (t) => {
      const { operator, router } = federation.replica;
      const client = await logIn(t, foreign);
      const watched = new Watched(federation);
      await client.presence(BENVOLIO, "subscribe");
      await watched.subscribed();
      await rostered(client, BENVOLIO, "none?");
      await watched.says("open", "Good morning");
      await rostered(client, BENVOLIO, "to");
      const told = await client.next("presence", isPresence(BENVOLIO));
      assert.equal(told.getChildText("status"), "Good morning");

      await writtenDown(BENVOLIO);
      await operator.kill();
      await operator.start();
      await waitFor("a NOTIFY to be taken again", () => watched.isHeard("open", "again"));
      await statusSeen(client, "again");

      await operator.stop();
      await operator.start();
      await waitFor("a NOTIFY to be taken again", () => watched.isHeard("open", "and again"));
      await statusSeen(client, "and again");

      await router.kill();
      await router.start();
      await waitFor("a NOTIFY to be taken again", () => watched.isHeard("closed", "Good night"));
      await client.next("a good-bye", isPresence(BENVOLIO, "unavailable"));

      await client.presence(BENVOLIO, "unsubscribe");
      await waitFor("the end of the subscription", () => watched.isEnded);
      await rostered(client, BENVOLIO, "none");
      assert.equal(watched.dialogs, 1);
    });
  });
}

async function statusSeen(client: XmppClient, status: string): Promise<void> {
  const from = isPresence(BENVOLIO);
  await client.next(
    `presence: ${status}`,
    (stanza) => from(stanza) && stanza.getChildText("status") === status,
  );
}

/** Whether the CSeq of each request is greater than that of the one before it (RFC 3261 §12.2.2). */
function increase(requests: readonly ReceivedRequest[]): boolean {
  const numbers = requests.map((request) => Number(header(request, "CSeq").split(" ")[0]));
  return numbers.every((number, n) => n === 0 || number > (numbers[n - 1] ?? Infinity));
}

/** The one of the inside whose presence is watched: its presence agent (RFC 3856). */
class Watched {
  readonly #agent: UserAgent;
  readonly #dialogs: Dialog[] = [];
  #ended = false;

  constructor({ inside }: Federation) {
    this.#agent = inside.agent;
    inside.answers((request) => {
      if (request.method !== "SUBSCRIBE") return { status: 200 };
      const expires = header(request, "Expires");
      if (expires === "0") this.#ended = true;
      if (tagOf(header(request, "To")) !== undefined) return { status: 200, headers: [["Expires", expires]] };
      const to = `${header(request, "To")};tag=phone${this.#dialogs.length}`;
      this.#dialogs.push(Dialog.ofCallee(this.#agent, request, to));
      return {
        status: 200,
        headers: [
          ["Expires", expires],
          ["To", to],
        ],
      };
    });
  }

  /** How many it was asked for. */
  get dialogs(): number {
    return this.#dialogs.length;
  }

  get isEnded(): boolean {
    return this.#ended;
  }

  async subscribed(): Promise<void> {
    await waitFor("a SUBSCRIBE", () => this.#dialogs.length > 0);
    assert.equal(await this.#notify("pending;expires=3600", ""), 200);
  }

  async says(basic: string, note: string): Promise<void> {
    assert.equal(await this.#notify("active;expires=3600", document(basic, note)), 200);
  }

  /** Whether a NOTIFY that says so is taken. */
  async isHeard(basic: string, note: string): Promise<boolean> {
    return (await this.#notify("active;expires=3600", document(basic, note))) === 200;
  }

  async #notify(state: string, body: string): Promise<number | undefined> {
    const headers: Header[] = [EVENT, ["Subscription-State", state]];
    if (body !== "") headers.push(["Content-Type", "application/pidf+xml"]);
    const response = await this.#dialogs.at(-1)?.request("NOTIFY", { headers, body });
    return response?.status;
  }
}

function document(basic: string, note: string): string {
  const tuple = `<tuple id="ID-phone"><status><basic>${basic}</basic></status><note>${note}</note></tuple>`;
  return `<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="pres:${BENVOLIO}">${tuple}</presence>`;
}
