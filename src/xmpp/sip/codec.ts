import { canonicalName } from "./headers.ts";
import type { Headers, SipRequest, SipResponse } from "./types.ts";

export type SipMessage = SipRequest | SipResponse;

/** What a stretch of the byte stream came to. `garbage` says why nothing after these messages can be read. */
export interface Reading {
  readonly messages: readonly SipMessage[];
  readonly garbage?: string;
}

/** Most bytes of start line and headers, and of a body; the router takes less. */
const MAX_HEAD = 64 * 1024;
const MAX_BODY = 256 * 1024;
const VERSION = "SIP/2.0";
const CR = 0x0d;
const LF = 0x0a;

type Cut =
  | { readonly kind: "message"; readonly message: SipMessage; readonly length: number }
  | { readonly kind: "incomplete" }
  | { readonly kind: "garbage"; readonly reason: string };

interface Head {
  /** Where the body begins. */
  readonly end: number;
  readonly start: string;
  readonly headers: Headers;
}

/**
 * Cuts a TCP byte stream into SIP messages (RFC 3261 §18.3). Without Content-Length there is no body: so the router
 * reads it too, and both must agree on where the next message begins. Lines that are no headers are passed over.
 */
export class MessageReader {
  #pending: Buffer = Buffer.alloc(0);

  /** Takes what arrived and returns the messages that are complete now. After garbage the reader is of no use. */
  push(chunk: Buffer): Reading {
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    const messages: SipMessage[] = [];
    for (;;) {
      this.#pending = withoutKeepAlives(this.#pending);
      const next = cut(this.#pending);
      if (next.kind === "garbage") return { messages, garbage: next.reason };
      if (next.kind === "incomplete") return { messages };
      messages.push(next.message);
      this.#pending = this.#pending.subarray(next.length);
    }
  }
}

/**
 * A message as bytes. Content-Length is that of the body, whatever the headers say; line ends inside values become
 * spaces, so that no value can add a header.
 */
export function write(message: SipMessage): Buffer {
  const start =
    "method" in message
      ? `${message.method} ${message.uri} ${VERSION}`
      : `${VERSION} ${message.status} ${message.reason}`;
  const headers = message.headers.filter(([name]) => canonicalName(name) !== "content-length");
  const lines = [start, ...headers.map(([name, value]) => `${name}: ${value}`)].map(oneLine);
  const head = `${lines.join("\r\n")}\r\nContent-Length: ${message.body.length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), message.body]);
}

function oneLine(text: string): string {
  return text.replace(/[\r\n\0]+/g, " ");
}

/** Line ends before a message are keep-alives (RFC 3261 §7.5, RFC 5626 §3.5.1). */
function withoutKeepAlives(bytes: Buffer): Buffer {
  let start = 0;
  while (bytes[start] === CR || bytes[start] === LF) start += 1;
  return bytes.subarray(start);
}

function cut(bytes: Buffer): Cut {
  const head = readHead(bytes);
  if (head === "incomplete") return { kind: "incomplete" };
  if (head === "too long") return { kind: "garbage", reason: "the headers are too long" };
  const start = readStart(head.start);
  if (start === undefined) return { kind: "garbage", reason: "this is not SIP" };
  const bodyLength = contentLength(head.headers);
  if (bodyLength === undefined) return { kind: "garbage", reason: "the Content-Length is wrong" };
  const length = head.end + bodyLength;
  if (length > bytes.length) return { kind: "incomplete" };
  // a copy: the message may outlive the chunk
  const body = Buffer.from(bytes.subarray(head.end, length));
  return { kind: "message", message: { ...start, headers: head.headers, body }, length };
}

function readHead(bytes: Buffer): Head | "incomplete" | "too long" {
  const end = endOfHead(bytes);
  if (end === undefined) return bytes.length > MAX_HEAD ? "too long" : "incomplete";
  if (end > MAX_HEAD) return "too long";
  const text = bytes.toString("utf8", 0, end).replace(/\r?\n[ \t]+/g, " ");
  const [start = "", ...lines] = text.split(/\r?\n/);
  const headers = lines.flatMap((line) => {
    const parts = /^([^\s:]+)[ \t]*:(.*)$/s.exec(line);
    return parts === null ? [] : [[parts[1] ?? "", (parts[2] ?? "").trim()] as const];
  });
  return { end, start, headers };
}

/** After the first empty line; lines end as RFC 3261 wants or by LF alone, as the router takes them. */
function endOfHead(bytes: Buffer): number | undefined {
  for (let at = bytes.indexOf(LF); at >= 0; at = bytes.indexOf(LF, at + 1)) {
    if (bytes[at + 1] === LF) return at + 2;
    if (bytes[at + 1] === CR && bytes[at + 2] === LF) return at + 3;
  }
  return undefined;
}

function readStart(
  line: string,
): Pick<SipRequest, "method" | "uri"> | Pick<SipResponse, "status" | "reason"> | undefined {
  const response = /^SIP\/2\.0 ([1-6]\d\d)(?: (.*))?$/i.exec(line);
  if (response !== null) return { status: Number(response[1]), reason: response[2] ?? "" };
  const request = /^([\w.!%*+`'~-]+) (\S+) SIP\/2\.0$/i.exec(line);
  if (request === null) return undefined;
  return { method: request[1] ?? "", uri: request[2] ?? "" };
}

/** Undefined when it is no number, too large, or there are several that differ. */
function contentLength(headers: Headers): number | undefined {
  const values = new Set(
    headers.filter(([name]) => canonicalName(name) === "content-length").map(([, value]) => value),
  );
  if (values.size === 0) return 0;
  const [value = ""] = values;
  const isOne = values.size === 1 && /^\d{1,9}$/.test(value);
  return isOne && Number(value) <= MAX_BODY ? Number(value) : undefined;
}
