/** The frames in which the router tells something: see docs/router-protocol.md. */
import { isIP } from "node:net";
import { DOMAIN_LIMITS, type DomainLimit, type SourceLimit } from "../federation/types.ts";
import { isName } from "./encode.ts";
import type { ExternalDirection } from "./types.ts";

/** What the router tells on its own accord. */
export interface StreamHandlers {
  /** The router greets: first frame of every connection. */
  connected(instance: string): void;
  closed(): void;
  /** `callId`: of the request that is the reason, for people who follow it; empty where the router does not say. */
  question(domain: string, direction: ExternalDirection, callId: string): void;
  learned(report: LearnedReport): void;
  domainLimited(domain: string, limit: DomainLimit): void;
  sourceLimited(address: string, limit: SourceLimit): void;
  active(domain: string, direction: ExternalDirection): void;
  /** Whose is the certificate of a connection? */
  certificate(question: CertificateQuestion): void;
  /** What became of a probe; `microseconds` from order to answer. Status 0: its certificate is for `names` instead. */
  probed(uri: string, status: number, microseconds: number, names: readonly string[]): void;
}

/** A domain answered with a 2xx. */
export interface LearnedReport {
  readonly domain: string;
  readonly direction: ExternalDirection;
  /** The router treats it as known already. */
  readonly remembered: boolean;
  /** What was answered came from the XMPP gateway. */
  readonly overXmpp: boolean;
  /** Of the request; empty in what is reported again. */
  readonly callId: string;
}

/** The router wants to know which names a certificate proves. */
export interface CertificateQuestion {
  /** Comes back with the answer as it is. */
  readonly context: { readonly hash: string; readonly rest: string };
  readonly pem: string;
}

type Reader = (fields: readonly string[], handlers: StreamHandlers) => boolean;

/** By the first field. Each returns whether it made sense of the others. */
const READERS: Readonly<Record<string, Reader>> = {
  // a Call-ID is what somebody wrote, with bars in it or not
  Q([, domain = "", side, ...call], handlers) {
    const direction = directionOf(side);
    if (direction === undefined || !isName(domain)) return false;
    handlers.question(domain, direction, call.join("|"));
    return true;
  },
  L([, domain = "", side, known, ...call], handlers) {
    const overXmpp = side === "x";
    const direction = overXmpp ? "inbound" : directionOf(side);
    if (direction === undefined || !isName(domain)) return false;
    handlers.learned({ domain, direction, remembered: known === "1", overXmpp, callId: call.join("|") });
    return true;
  },
  P([, uri = "", status, microseconds, names = "-"], handlers) {
    if (uri === "") return false;
    handlers.probed(uri, Number(status), Number(microseconds), names.split(",").filter(isProven));
    return true;
  },
  N(fields, handlers) {
    const question = certificateQuestion(fields);
    if (question.context.hash === "") return false;
    handlers.certificate(question);
    return true;
  },
  T([, domain = "", limit = ""], handlers) {
    if (!isName(domain) || !isDomainLimit(limit)) return false;
    handlers.domainLimited(domain, limit);
    return true;
  },
  S([, address = "", limit = ""], handlers) {
    if (isIP(address) === 0 || !isSourceLimit(limit)) return false;
    handlers.sourceLimited(address, limit);
    return true;
  },
  A([, domain = "", side], handlers) {
    const direction = directionOf(side);
    if (direction === undefined || !isName(domain)) return false;
    handlers.active(domain, direction);
    return true;
  },
};

/** Tells the handlers what a frame says, but for a greeting. False: it makes no sense. */
export function handleFrame(fields: readonly string[], handlers: StreamHandlers): boolean {
  return READERS[fields[0] ?? ""]?.(fields, handlers) ?? false;
}

/** What a frame `N` asks. */
export function certificateQuestion(fields: readonly string[]): CertificateQuestion {
  const [, hash = "", conid = "", hop = "", status = "", microseconds = "", pem = ""] = fields;
  return { context: { hash, rest: [conid, hop, status, microseconds].join("|") }, pem };
}

/** `-` stands for none, `+` for what the router notes beside them. */
function isProven(name: string): boolean {
  return name !== "-" && name !== "+";
}

function isDomainLimit(limit: string): limit is DomainLimit {
  return (DOMAIN_LIMITS as readonly string[]).includes(limit);
}

function isSourceLimit(limit: string): limit is SourceLimit {
  return isDomainLimit(limit) || limit === "unproven" || limit === "flood";
}

function directionOf(side: string | undefined): ExternalDirection | undefined {
  if (side === "o") return "outbound";
  return side === "i" ? "inbound" : undefined;
}
