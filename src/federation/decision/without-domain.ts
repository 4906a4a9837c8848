import { relayInside, relayNumber } from "./relay.ts";
import { answer, basis, hostOf, isSip, type Situation } from "./situation.ts";
import type { Decision } from "../types.ts";

/**
 * Row 0: what needs no look at an external domain. Validation comes first, in the order of RFC 3261 §16.3; then what
 * is meant for this system itself; then relaying as such.
 */
export const withoutDomain = [
  strayAck,
  strayCancel,
  unknownScheme,
  badHost,
  registrationFromOutside,
  ping,
  telephone,
  ownAddress,
  relayFromOutside,
  localDomainFromOutside,
  insideToLocal,
] as const;

type Result = Decision | undefined;

function strayAck(situation: Situation): Result {
  if (situation.request.method !== "ACK") return undefined;
  return {
    ...basis(situation, 0, "An ACK without its transaction or dialog is dropped: nobody answers an ACK."),
    action: "drop",
  };
}

function strayCancel(situation: Situation): Result {
  if (situation.request.method !== "CANCEL") return undefined;
  const why = "There is no transaction that this CANCEL belongs to.";
  return answer(situation, 0, [481, "Call/Transaction Does Not Exist"], why);
}

function unknownScheme(situation: Situation): Result {
  const { scheme } = situation.request.requestUri;
  if (isSip(scheme) || scheme === "tel") return undefined;
  return answer(situation, 0, [416, "Unsupported URI Scheme"], `The URI scheme ${scheme} is not SIP.`);
}

function badHost(situation: Situation): Result {
  if (!isSip(situation.request.requestUri.scheme) || situation.host !== undefined) return undefined;
  const why = "The host of the Request-URI is neither a domain name nor an IP address.";
  return answer(situation, 0, [400, "Bad Request-URI Host"], why);
}

function registrationFromOutside(situation: Situation): Result {
  const { method } = situation.request;
  if (situation.side === "inside" || (method !== "REGISTER" && method !== "PUBLISH")) return undefined;
  return answer(situation, 0, [403, "Forbidden"], `Nobody outside may ${method} here.`);
}

function ping(situation: Situation): Result {
  const { method, requestUri } = situation.request;
  const isOurs = situation.target === "own" || situation.target === "local";
  if (method !== "OPTIONS" || requestUri.user !== undefined || !isOurs) return undefined;
  return answer(situation, 0, [200, "OK"], "OPTIONS without a user part asks this system itself.");
}

function telephone(situation: Situation): Result {
  if (situation.request.requestUri.scheme !== "tel") return undefined;
  return situation.side === "inside"
    ? relayNumber(situation, 0)
    : answer(situation, 0, [403, "Relaying Denied"], "From the outside only local domains can be reached.");
}

function ownAddress(situation: Situation): Result {
  if (situation.target !== "own") return undefined;
  const why = "Nobody but OPTIONS without a user part is served at an address of this system.";
  return situation.side === "inside"
    ? answer(situation, 0, [404, "Not Found"], why)
    : answer(situation, 0, [403, "Relaying Denied"], why);
}

function relayFromOutside(situation: Situation): Result {
  if (situation.side === "inside" || situation.target === "local") return undefined;
  const why = "From the outside only local domains can be reached: this system is no open relay.";
  return answer(situation, 0, [403, "Relaying Denied"], why);
}

function localDomainFromOutside(situation: Situation): Result {
  const from = hostOf(situation.request.from?.host);
  if (situation.side === "inside" || from === undefined) return undefined;
  if (situation.table.names.get(from)?.kind !== "local") return undefined;
  const why = `Its From says ${from}, a local domain: nobody outside is us.`;
  return answer(situation, 0, [403, "Forged From"], why);
}

function insideToLocal(situation: Situation): Result {
  return situation.direction === "internal"
    ? relayInside(situation, 0, { discover: false, cache: false })
    : undefined;
}
