import ipaddr from "ipaddr.js";
import type { SipRequest, SipUri } from "../federation/types.ts";
import { parseSipUri } from "./sip-uri.ts";

const PARAMETERS = ["uri", "from", "source", "method"] as const;
type Parameter = (typeof PARAMETERS)[number];

export type ExplainQuery =
  | { readonly ok: true; readonly request: SipRequest }
  | { readonly ok: false; readonly parameter: string; readonly problem: string };

/** A request that names no source counts as one from the inside; this address stands for it. */
const INSIDE = { source: "127.0.0.1", insideListener: true };
const TOKEN = /^[A-Za-z0-9.!%*_+`'~-]+$/; // RFC 3261 §25.1

/**
 * The request to explain: `uri` (Request-URI, required), `from` (From URI), `source` (IP address that it comes
 * from; absent: the inside) and `method` (absent: INVITE).
 */
export function readExplainQuery(query: URLSearchParams): ExplainQuery {
  const stray = [...query.keys()].find((name) => !isParameter(name));
  if (stray !== undefined) return refused(stray, `unknown parameter; there are ${PARAMETERS.join(", ")}`);
  const repeated = PARAMETERS.find((name) => query.getAll(name).length > 1);
  if (repeated !== undefined) return refused(repeated, "may be given once");
  return readRequest((name) => query.get(name) ?? undefined);
}

function readRequest(get: (name: Parameter) => string | undefined): ExplainQuery {
  const uri = get("uri");
  if (uri === undefined) return refused("uri", "is required, for example uri=sip:bob@partner.example");
  const requestUri = parseSipUri(uri);
  if (requestUri === undefined) return refused("uri", "is not a URI such as sip:bob@partner.example");
  const from = readFrom(get("from"));
  if (from === "bad") return refused("from", "is not a URI such as sip:alice@example.com");
  const origin = readSource(get("source"));
  if (origin === undefined) return refused("source", "is not an IP address such as 192.0.2.9");
  const method = get("method") ?? "INVITE";
  if (!TOKEN.test(method)) return refused("method", "is not a SIP method such as MESSAGE");
  return { ok: true, request: { method, requestUri, from, ...origin } };
}

function readFrom(text: string | undefined): SipUri | undefined | "bad" {
  return text === undefined ? undefined : (parseSipUri(text) ?? "bad");
}

function readSource(text: string | undefined): Pick<SipRequest, "source" | "insideListener"> | undefined {
  if (text === undefined) return INSIDE;
  if (!ipaddr.IPv4.isValidFourPartDecimal(text) && !ipaddr.IPv6.isValid(text)) return undefined;
  return { source: ipaddr.process(text).toString() };
}

function isParameter(name: string): name is Parameter {
  return (PARAMETERS as readonly string[]).includes(name);
}

function refused(parameter: string, problem: string): ExplainQuery {
  return { ok: false, parameter, problem };
}
