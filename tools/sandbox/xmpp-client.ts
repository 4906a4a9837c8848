/** What tools/sandbox/xmpp runs. */
import { client, xml } from "@xmpp/client";
import type { Element } from "@xmpp/xml";

/** Milliseconds in which an error comes back, if one does: what is bridged to SIP is answered at once there. */
const ERROR_PATIENCE = 1_000;

const [command, recipient = "", text = "Hello"] = process.argv.slice(2);
const { XMPP_HOST, XMPP_PORT, XMPP_DOMAIN, XMPP_USER, XMPP_PASSWORD } = process.env as Record<string, string>;

const xmpp = client({
  service: `xmpp://${XMPP_HOST ?? ""}:${XMPP_PORT ?? ""}`,
  domain: XMPP_DOMAIN ?? "",
  username: XMPP_USER ?? "",
  password: XMPP_PASSWORD ?? "",
});
xmpp.on("error", (error: Error) => {
  console.error(error.message);
  process.exit(1);
});
xmpp.on("stanza", (stanza: Element) => {
  for (const line of linesFor(stanza)) console.log(line);
  if (stanza.is("presence") && stanza.attrs.type === "subscribe") void allow(stanza);
  if (command === "message" && stanza.is("message") && stanza.attrs.type === "error") void end(1);
});
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void end(0));

await xmpp.start();
if (command === "message") {
  await xmpp.send(xml("message", { to: recipient, type: "chat" }, xml("body", {}, text)));
  setTimeout(() => void end(0), ERROR_PATIENCE);
} else {
  await xmpp.send(xml("presence"));
  console.log(`${XMPP_USER ?? ""}@${XMPP_DOMAIN ?? ""} is logged in`);
  if (command === "watch") await xmpp.send(xml("presence", { to: recipient, type: "subscribe" }));
}

/** What a person wants to know of it. */
function linesFor(stanza: Element): readonly string[] {
  const from = String(stanza.attrs.from);
  const [sender = ""] = from.split("/", 1);
  if (stanza.is("presence") && sender === `${XMPP_USER ?? ""}@${XMPP_DOMAIN ?? ""}`) return [];
  if (stanza.attrs.type === "error") return [`${sender} cannot be reached: ${errorOf(stanza)}`];
  const body = stanza.getChildText("body");
  if (stanza.is("message")) return body === null ? [] : [`${sender} wrote: ${body}`];
  return stanza.is("presence") ? [`${sender} ${presenceOf(stanza)}`] : [];
}

function presenceOf(stanza: Element): string {
  const note = stanza.getChildText("status");
  const after = note === null ? "" : `: ${note}`;
  switch (stanza.attrs.type) {
    case undefined:
      return `is ${stanza.getChildText("show") ?? "available"}${after}`;
    case "unavailable":
      return `is unavailable${after}`;
    case "subscribe":
      return "asks to see when you are there, and may";
    case "subscribed":
      return "lets you see when they are there";
    default:
      return String(stanza.attrs.type);
  }
}

/** The condition, and the text where there is one. */
function errorOf(stanza: Element): string {
  const error = stanza.getChild("error");
  const [condition] = error?.getChildElements() ?? [];
  const words = error?.getChildText("text");
  return `${condition?.name ?? "unknown"}${words ? ` (${words})` : ""}`;
}

async function allow(stanza: Element): Promise<void> {
  await xmpp.send(xml("presence", { to: String(stanza.attrs.from), type: "subscribed" }));
}

/** Logs out, but waits for nobody. */
async function end(code: number): Promise<void> {
  setTimeout(() => process.exit(code), ERROR_PATIENCE).unref();
  await xmpp.stop().catch(() => undefined);
  process.exit(code);
}
