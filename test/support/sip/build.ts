/** Builds the messages of a user agent. */
import { randomBytes } from "node:crypto";
import { isIPv6 } from "node:net";
import { header, headers, tagOf } from "./message.ts";
import type { Header, SipRequestMessage, SipResponseMessage } from "./message.ts";
import type { SipTransportName } from "./transport.ts";

/** How a request is answered. */
export interface Answer {
  readonly status: number;
  readonly reason?: string;
  /** Added to those that every response has. */
  readonly headers?: readonly Header[];
  readonly body?: string;
}

/** What a request is made of. Headers that are given take the place of those made here. */
export interface RequestParts {
  readonly method: string;
  readonly uri: string;
  /** From URI. */
  readonly from: string;
  /** To value. */
  readonly to: string;
  readonly headers: readonly Header[];
  readonly body: string;
}

/** The own address as others reach it. */
export interface LocalAddress {
  readonly host: string;
  readonly port: number;
  readonly transport: SipTransportName;
}

const MAX_FORWARDS = "70";

export function randomToken(): string {
  return randomBytes(8).toString("hex");
}

export function hostPort({ host, port }: { host: string; port: number }): string {
  return `${isIPv6(host) ? `[${host}]` : host}:${port}`;
}

export function buildRequest(parts: RequestParts, local: LocalAddress): SipRequestMessage {
  const { method, uri, from, to, body } = parts;
  const branch = `z9hG4bK${randomToken()}`;
  const own: Header[] = [
    ["Via", `SIP/2.0/${local.transport.toUpperCase()} ${hostPort(local)};branch=${branch};rport`],
    ["Max-Forwards", MAX_FORWARDS],
    ["From", `<${from}>;tag=${randomToken()}`],
    ["To", to],
    ["Call-ID", randomToken()],
    ["CSeq", `1 ${method}`],
    ["Contact", contact(local)],
  ];
  return { kind: "request", method, uri, headers: replaceHeaders(own, parts.headers), body };
}

/** RFC 3261 §8.2.6, with the Record-Route of §12.1.1. */
export function buildResponse(
  request: SipRequestMessage,
  answer: Answer,
  local: LocalAddress,
  tag: string,
): SipResponseMessage {
  const copy = (name: string): Header[] => headers(request, name).map((value) => [name, value]);
  const to = header(request, "To");
  const own: Header[] = [
    ...copy("Via"),
    ...copy("Record-Route"),
    ...copy("From"),
    ["To", tagOf(to) === undefined ? `${to};tag=${tag}` : to],
    ...copy("Call-ID"),
    ...copy("CSeq"),
    ["Contact", contact(local)],
  ];
  const { status, reason = "Test", body = "" } = answer;
  return { kind: "response", status, reason, headers: replaceHeaders(own, answer.headers ?? []), body };
}

/** The ACK of a final response that is not 2xx (RFC 3261 §17.1.1.3). */
export function buildAck(invite: SipRequestMessage, response: SipResponseMessage): SipRequestMessage {
  const ack = sameTransaction(invite, "ACK");
  return { ...ack, headers: replaceHeaders(ack.headers, [["To", header(response, "To")]]) };
}

/** RFC 3261 §9.1. */
export function buildCancel(invite: SipRequestMessage): SipRequestMessage {
  return sameTransaction(invite, "CANCEL");
}

function sameTransaction(invite: SipRequestMessage, method: string): SipRequestMessage {
  const kept = ["Via", "Max-Forwards", "From", "To", "Call-ID", "Route"];
  const copied = kept.flatMap((name): Header[] => {
    const values = headers(invite, name);
    return (name === "Via" ? values.slice(0, 1) : values).map((value) => [name, value]);
  });
  const sequence = header(invite, "CSeq").split(/\s+/)[0] ?? "";
  return { ...invite, method, headers: [...copied, ["CSeq", `${sequence} ${method}`]], body: "" };
}

function contact(local: LocalAddress): string {
  return `<sip:test@${hostPort(local)};transport=${local.transport}>`;
}

/** `given` headers take the place of those of the same name. */
function replaceHeaders(own: readonly Header[], given: readonly Header[]): Header[] {
  const replaced = new Set(given.map(([name]) => name.toLowerCase()));
  return [...own.filter(([name]) => !replaced.has(name.toLowerCase())), ...given];
}
