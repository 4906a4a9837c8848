/** A person's XMPP client, logged in to a foreign server. */
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { client, xml, type Client } from "@xmpp/client";
import type { Element } from "@xmpp/xml";
import { XMPP_PORTS } from "./prosody.ts";
import { waitFor } from "./wait-for.ts";
import type { XmppServer } from "./xmpp-server.ts";

/** Milliseconds for each step of logging in, on a busy machine too. */
const STEP_MS = 10_000;

export interface LoginOptions {
  readonly server: XmppServer;
  /** One of the server's accounts. */
  readonly user: string;
  /** One by chance unless told. */
  readonly resource?: string;
  /** Says nothing of its presence: whether it is there, nobody knows; messages wait on the server. */
  readonly unavailable?: boolean;
}

export class XmppClient {
  readonly bareJid: string;
  /** All stanzas that came, in order. */
  readonly received: Element[] = [];
  readonly #client: Client;

  private constructor(jid: string, connection: Client) {
    this.bareJid = jid;
    this.#client = connection;
    connection.on("stanza", (stanza: Element) => this.received.push(stanza));
    connection.on("error", () => undefined);
  }

  /** Resolves when it is logged in over TLS, and available unless told. */
  static async login(options: LoginOptions): Promise<XmppClient> {
    const { server, user, resource, unavailable = false } = options;
    trust(server.authority.certificate);
    const connection = client({
      service: `xmpp://${server.host}:${XMPP_PORTS.c2s}`,
      domain: server.domain,
      username: user,
      password: server.accounts?.[user] ?? "",
      ...(resource !== undefined && { resource }),
    });
    connection.timeout = STEP_MS;
    connection.reconnect.stop();
    const xmppClient = new XmppClient(`${user}@${server.domain}`, connection);
    await connection.start();
    if (!unavailable) await xmppClient.send(xml("presence"));
    return xmppClient;
  }

  /** With its resource. */
  get jid(): string {
    return this.#client.jid?.toString() ?? this.bareJid;
  }

  async send(stanza: Element): Promise<void> {
    await this.#client.send(stanza);
  }

  /** Sends a message of type chat, and returns its id. */
  async message(to: string, body: string, thread?: string): Promise<string> {
    const id = crypto.randomUUID();
    const children = [xml("body", {}, body), ...(thread === undefined ? [] : [xml("thread", {}, thread)])];
    await this.send(xml("message", { to, id, type: "chat" }, ...children));
    return id;
  }

  /** Sends presence of a type: `subscribe`, `subscribed`, `unsubscribe`, `unavailable`, … */
  async presence(to: string, type: string): Promise<void> {
    await this.send(xml("presence", { to, type }));
  }

  /** Sends an IQ, and resolves with the answer, be it an error. @throws Error when there is none in time. */
  async ask(iq: Element): Promise<Element> {
    const id = crypto.randomUUID();
    iq.attrs.id = id;
    await this.send(iq);
    return this.next("an answer", ({ name, attrs }) => name === "iq" && attrs.id === id);
  }

  /** Waits for a stanza that fits, which may have come already; it is taken from those received. */
  async next(what: string, fits: (stanza: Element) => boolean): Promise<Element> {
    const index = await waitFor(`${what} to come to ${this.bareJid}`, () => {
      const found = this.received.findIndex(fits);
      return found >= 0 && { found };
    });
    const [stanza] = this.received.splice(index.found, 1);
    if (stanza === undefined) throw new Error(`${what} was taken meanwhile`);
    return stanza;
  }

  /** Waits for a message, its body if told. */
  async nextMessage(body?: string): Promise<Element> {
    return this.next(
      "a message",
      (stanza) => stanza.name === "message" && (body === undefined || stanza.getChildText("body") === body),
    );
  }

  async close(): Promise<void> {
    await this.#client.stop();
  }
}

/** The library has no setting for the authorities of a connection, so this is for the whole process. */
function trust(certificate: string): void {
  const certificates = getCACertificates("default");
  if (!certificates.includes(certificate)) setDefaultCACertificates([...certificates, certificate]);
}
