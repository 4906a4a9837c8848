/** Messages that are hard to read: what RFC 4475 asks for, written anew for the domains and addresses of a test. */

/** What becomes of a message at the router. A number is the status of the router's own answer. */
export type Outcome = "relayed" | "dropped" | number;

/** Who sends a message to whom. */
export interface Places {
  readonly transport: "UDP" | "TCP" | "TLS";
  /** Address and port of the sender, where answers go. */
  readonly sender: string;
  /** Domain of the sender. */
  readonly from: string;
  /** Domain of the Request-URI. */
  readonly to: string;
  /** Makes Call-IDs and branches unique. */
  readonly unique: string;
}

export interface TortureMessage {
  /** As in RFC 4475. */
  readonly name: string;
  /** Of RFC 4475. */
  readonly section: string;
  readonly what: string;
  /** Sent to the router, or the first line of a next hop's answer to a sound request: then `relayed` is the way back. */
  readonly kind: "message" | "answer";
  /** In latin1, a character a byte. */
  readonly write: (places: Places) => string;
  readonly fromInside: Outcome;
  readonly fromOutside: Outcome;
  /** Where a stream makes a difference to a datagram. */
  readonly overTcp?: Outcome;
}

type Expected = Outcome | { readonly inside: Outcome; readonly outside: Outcome; readonly tcp?: Outcome };
type Write = (places: Places) => string;

export function request(
  section: string,
  name: string,
  what: string,
  expected: Expected,
  write: Write,
): TortureMessage {
  return { section, name, what, kind: "message", write, ...outcomes(expected) };
}

export function answer(section: string, name: string, what: string, statusLine: string): TortureMessage {
  return { section, name, what, kind: "answer", write: () => statusLine, ...outcomes("relayed") };
}

/** Lines with CRLF between them; a message without a body ends with two empty ones. */
export function lines(...parts: readonly string[]): string {
  return parts.join("\r\n");
}

/** The characters of a text in UTF-8 as bytes in latin1. */
export function utf8(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}

/** Content-Length of a body, and the body. */
export function withBody(body: string): string {
  return lines(`Content-Length: ${body.length}`, "", body);
}

export function via({ transport, sender, unique }: Places): string {
  return `Via: SIP/2.0/${transport} ${sender};branch=z9hG4bK${unique}`;
}

/** The start line and the headers of a request that is sound but for what a message changes. */
export function ordinary(
  places: Places,
  start: string,
  { cseq = "8 OPTIONS", from = `<sip:caller@${places.from}>;tag=323`, to = `<sip:user@${places.to}>` } = {},
): string[] {
  return [
    start,
    via(places),
    `To: ${to}`,
    `From: ${from}`,
    "Max-Forwards: 70",
    `Call-ID: ${places.unique}`,
    `CSeq: ${cseq}`,
  ];
}

/** The end of a message without a body. */
export const END = ["Content-Length: 0", "", ""] as const;

export const SDP = lines(
  "v=0",
  "o=mhandley 29739 7272939 IN IP4 192.0.2.3",
  "s=-",
  "c=IN IP4 192.0.2.4",
  "t=0 0",
  "m=audio 49217 RTP/AVP 0",
  "",
);

/** The end of a message with a session. */
export const SESSION = lines("Content-Type: application/sdp", withBody(SDP));

function outcomes(expected: Expected): Pick<TortureMessage, "fromInside" | "fromOutside" | "overTcp"> {
  if (typeof expected !== "object") return { fromInside: expected, fromOutside: expected };
  const { inside, outside, tcp } = expected;
  return { fromInside: inside, fromOutside: outside, ...(tcp !== undefined && { overTcp: tcp }) };
}
