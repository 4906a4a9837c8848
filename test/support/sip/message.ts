/** SIP messages as tests write and read them: just enough of RFC 3261 §7, and nothing checked that a test may break. */

export type Header = readonly [name: string, value: string];

interface MessageParts {
  readonly headers: readonly Header[];
  readonly body: string;
}

export interface SipRequestMessage extends MessageParts {
  readonly kind: "request";
  readonly method: string;
  readonly uri: string;
}

export interface SipResponseMessage extends MessageParts {
  readonly kind: "response";
  readonly status: number;
  readonly reason: string;
}

export type SipMessage = SipRequestMessage | SipResponseMessage;

/** RFC 3261 §7.3.3. */
const compactNames: Readonly<Record<string, string>> = {
  i: "call-id",
  m: "contact",
  f: "from",
  t: "to",
  v: "via",
  l: "content-length",
  c: "content-type",
};

const VERSION = "SIP/2.0";

/** All values of a header, in order; a comma-separated Via, Route or Record-Route counts as several. */
export function headers(message: MessageParts, name: string): string[] {
  const wanted = canonicalName(name);
  const values = message.headers.filter(([key]) => canonicalName(key) === wanted).map(([, value]) => value);
  const splits = ["via", "route", "record-route"].includes(wanted);
  return splits ? values.flatMap((value) => value.split(/,\s*(?=<|SIP)/)) : values;
}

/** The first value of a header. @throws Error when there is none. */
export function header(message: MessageParts, name: string): string {
  const [value] = headers(message, name);
  if (value === undefined) throw new Error(`no ${name} in:\n${message.headers.join("\n")}`);
  return value;
}

/** The `tag` parameter of From or To. */
export function tagOf(value: string): string | undefined {
  return /;\s*tag=([^;>\s]+)/i.exec(value)?.[1];
}

/** The URI inside `<…>`, or before the first parameter where there are no angle brackets (RFC 3261 §20.10). */
export function uriOf(value: string): string {
  return /<([^>]*)>/.exec(value)?.[1] ?? value.split(";")[0]?.trim() ?? "";
}

/** What ties a response to its request and a retransmission to the original (RFC 3261 §17.1.3). */
export function transactionOf(message: SipMessage): string {
  const branch = /;\s*branch=([^;,\s]+)/i.exec(header(message, "Via"))?.[1] ?? "";
  const method = header(message, "CSeq").split(/\s+/)[1] ?? "";
  return `${branch} ${method === "ACK" ? "INVITE" : method}`;
}

/** Serialises a message; Content-Length is added unless the headers have one. */
export function serialise(message: SipMessage): Buffer {
  const start =
    message.kind === "request"
      ? `${message.method} ${message.uri} ${VERSION}`
      : `${VERSION} ${message.status} ${message.reason}`;
  const lines = [start, ...message.headers.map(([name, value]) => `${name}: ${value}`)];
  if (headers(message, "Content-Length").length === 0) {
    lines.push(`Content-Length: ${Buffer.byteLength(message.body)}`);
  }
  return Buffer.from(`${lines.join("\r\n")}\r\n\r\n${message.body}`);
}

/** Parses one message. @throws Error when it is none. */
export function parse(text: string): SipMessage {
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) throw new Error(`not a SIP message: ${text}`);
  const [start = "", ...lines] = text
    .slice(0, end)
    .replace(/\r\n[ \t]+/g, " ")
    .split("\r\n");
  const parts = { headers: lines.map(parseHeader), body: text.slice(end + 4) };
  const response = /^SIP\/2\.0 (\d{3}) ?(.*)$/.exec(start);
  if (response !== null) {
    return { kind: "response", status: Number(response[1]), reason: response[2] ?? "", ...parts };
  }
  const request = /^(\S+) (\S+) SIP\/2\.0$/.exec(start);
  if (request === null) throw new Error(`not a SIP message: ${start}`);
  return { kind: "request", method: request[1] ?? "", uri: request[2] ?? "", ...parts };
}

function parseHeader(line: string): Header {
  const colon = line.indexOf(":");
  return [line.slice(0, colon).trim(), line.slice(colon + 1).trim()];
}

function canonicalName(name: string): string {
  const lower = name.toLowerCase();
  return compactNames[lower] ?? lower;
}
