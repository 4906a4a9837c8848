/** People who use XMPP: users of a foreign server, as the end-to-end tests meet them. */
import xml, { type Element } from "@xmpp/xml";
import { waitFor } from "../../support/wait-for.ts";
import { XmppClient } from "../../support/xmpp-client.ts";
import type { XmppServer, XmppServerOptions } from "../../support/xmpp-server.ts";
import type { Federation } from "./federation.ts";

/** The only account of the servers here. */
const USER = "juliet";

export type Software = "prosody" | "ejabberd";

/** A foreign server with one user, juliet. */
export interface ForeignServer {
  readonly domain: string;
  /** Its user's bare JID, which is her SIP address too. */
  readonly juliet: string;
  readonly server: XmppServer;
}

/** Starts a foreign server, which stops with the federation. */
export async function foreignServer(
  { environment }: Federation,
  domain: string,
  { software = "prosody", ...options }: ForeignOptions = {},
): Promise<ForeignServer> {
  const { xmpp } = environment;
  const whole = { domain, accounts: { [USER]: "balcony" }, ...options };
  const host = environment.peerAddress();
  const server = await (software === "ejabberd" ? xmpp.ejabberd(host, whole) : xmpp.server(host, whole));
  return { domain, juliet: `${USER}@${domain}`, server };
}

export interface ForeignOptions extends Partial<Pick<XmppServerOptions, "authority" | "certificate">> {
  /** Prosody unless told. */
  readonly software?: Software;
}

/** Juliet's client, for as long as the test runs. */
export async function logIn(
  t: { after(end: () => Promise<void>): void },
  { server }: ForeignServer,
  resource?: string,
): Promise<XmppClient> {
  const client = await XmppClient.login({ server, user: USER, ...(resource !== undefined && { resource }) });
  t.after(() => client.close());
  return client;
}

/** Sends a message, and waits for the error that comes back: its condition. */
export async function refusal(client: XmppClient, recipient: string, body: string): Promise<string> {
  const id = await client.message(recipient, body);
  const error = await client.next("an error", ({ attrs }) => attrs.id === id && attrs.type === "error");
  return conditionOfError(error);
}

/** The defined condition of an error stanza (RFC 6120 §8.3.3). */
export function conditionOfError(stanza: Element): string {
  return stanza.getChild("error")?.getChildElements()[0]?.name ?? "none";
}

/** Presence of this type and of this sender, whatever the resource. */
export function isPresence(from: string, type?: string): (stanza: Element) => boolean {
  return ({ name, attrs }) =>
    name === "presence" && String(attrs.from).split("/")[0] === from && attrs.type === type;
}

/** Waits until the client's roster says so of a contact: `none`, `to`, `from`, `both`, with `?` while a request waits. */
export async function rostered(client: XmppClient, contact: string, wanted: string): Promise<void> {
  await waitFor(`${contact} to be ${wanted} in the roster of ${client.bareJid}`, async () => {
    const answer = await client.ask(xml("iq", { type: "get" }, xml("query", { xmlns: "jabber:iq:roster" })));
    const items = answer.getChild("query")?.getChildren("item") ?? [];
    const { subscription = "none", ask } = (items.find(({ attrs }) => attrs.jid === contact)?.attrs ??
      {}) as Record<string, string>;
    return `${subscription}${ask === undefined ? "" : "?"}` === wanted;
  });
}
