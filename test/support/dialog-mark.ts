/** Marks as the router makes them, for tests that know its key: what a replica with another key, or another clock, would say. */
import { createHash } from "node:crypto";
import { header, tagOf, type SipRequestMessage } from "./sip/message.ts";

export interface MarkOptions {
  readonly key: string;
  /** Seconds since 1970. */
  readonly until: number;
  /** Of the end that opened the dialog. */
  readonly tag: string;
  readonly callId: string;
  /** Outbound, inbound, or both ends inside. */
  readonly kind: "o" | "i" | "n";
  /** Address of the inside's end. */
  readonly inside: string;
}

/** The parameters of Record-Route that mark a dialog. */
export function markParameters({ key, until, tag, callId, kind, inside }: MarkOptions): string {
  const mark = md5(key, kind, until, callId, tag, key);
  const seal = md5(key, "in", inside, callId, key).slice(0, 16);
  return `mark=${kind}${mark};in=${seal};until=${until}`;
}

/** A Route value with another mark. */
export function remarked(route: string, options: MarkOptions): string {
  return route.replace(/mark=[^>]*until=\d+/, markParameters(options));
}

/** What a mark on the dialog that a request opened speaks of. */
export function dialogOf(request: SipRequestMessage): { callId: string; tag: string } {
  return { callId: header(request, "Call-ID"), tag: tagOf(header(request, "From")) ?? "" };
}

/** Seconds since 1970. */
export function now(): number {
  return Math.floor(Date.now() / 1000);
}

function md5(...parts: readonly (string | number)[]): string {
  return createHash("md5").update(parts.join(":")).digest("hex");
}
