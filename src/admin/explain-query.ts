import ipaddr from "ipaddr.js";
import { canonicalHost } from "../federation/domain-name.ts";
import type { SipRequest } from "../federation/types.ts";
import { parseSipUri } from "./sip-uri.ts";

const PARAMETERS = ["uri", "from", "source", "certificate", "method"] as const;
type Parameter = (typeof PARAMETERS)[number];

export type ExplainQuery =
  | { readonly ok: true; readonly request: SipRequest }
  | { readonly ok: false; readonly parameter: string; readonly problem: string };

type Source = Pick<SipRequest, "source" | "insideListener" | "overXmpp">;

/** Sides in place of an address. Nobody has 0.0.0.0 (RFC 1122 §3.2.1.3): it is in no inside network, and proves nothing. */
const SIDES: Readonly<Record<string, Source>> = {
  inside: { source: "127.0.0.1", insideListener: true },
  outside: { source: "0.0.0.0" },
  xmpp: { source: "0.0.0.0", overXmpp: true },
};
const TOKEN = /^[A-Za-z0-9.!%*_+`'~-]+$/; // RFC 3261 §25.1

/**
 * The request to explain: `uri` (Request-URI, required), `from` (From URI), `source` (IP address that it comes
 * from, or `inside`, `outside` or `xmpp`; absent: the inside), `certificate` (a name that its TLS connection has proven) and
 * `method` (absent: INVITE).
 * @param text the query of the URL, as it came
 */
export function readExplainQuery(text: string): ExplainQuery {
  // In a form "+" would be a space: in a SIP URI it is the first character of most telephone numbers.
  const query = new URLSearchParams(text.replaceAll("+", "%2B"));
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
  if (requestUri === undefined) return notUri("uri", uri, "sip:bob@partner.example");
  const fromUri = get("from");
  const from = fromUri === undefined ? undefined : parseSipUri(fromUri);
  if (fromUri !== undefined && from === undefined) return notUri("from", fromUri, "sip:alice@example.com");
  const origin = readSource(get("source"));
  if (origin === undefined)
    return refused("source", "is neither inside, outside, xmpp nor an IP address such as 192.0.2.9");
  const method = get("method") ?? "INVITE";
  if (!TOKEN.test(method)) return refused("method", "is not a SIP method such as MESSAGE");
  const certificateNames = readCertificate(get("certificate"));
  if (certificateNames === undefined) return refused("certificate", "is not a name such as partner.example");
  return { ok: true, request: { method, requestUri, from, ...origin, ...certificateNames } };
}

function readCertificate(text: string | undefined): Pick<SipRequest, "certificateNames"> | undefined {
  if (text === undefined) return {};
  const name = canonicalHost(text);
  return name === undefined ? undefined : { certificateNames: [name] };
}

function readSource(text = "inside"): Source | undefined {
  const side = Object.hasOwn(SIDES, text) ? SIDES[text] : undefined;
  if (side) return side;
  if (!ipaddr.IPv4.isValidFourPartDecimal(text) && !ipaddr.IPv6.isValid(text)) return undefined;
  return { source: ipaddr.process(text).toString() };
}

function isParameter(name: string): name is Parameter {
  return (PARAMETERS as readonly string[]).includes(name);
}

/** An escape of the URI itself, %40, is one of the query too: it arrives as what it stands for. */
function notUri(parameter: Parameter, text: string, example: string): ExplainQuery {
  const hint =
    text.split("@").length > 2 ? "; an @ that the user part escapes, %40, is written %2540 here" : "";
  return refused(parameter, `is not a URI such as ${example}${hint}`);
}

function refused(parameter: string, problem: string): ExplainQuery {
  return { ok: false, parameter, problem };
}
