import type { Federation } from "./by-domain.ts";
import { isCacheable } from "../domain-name.ts";

/** Methods whose success says nothing of a user at the domain. */
const NEVER_CACHED = new Set(["OPTIONS", "CANCEL", "ACK", "REGISTER"]);

/** Why a 2xx would not make the domain of a relayed request known, as a sentence; undefined where it would. */
export function whyNotCached({ domain, entry, forUser, proven, request }: Federation): string | undefined {
  if (domain === undefined) return "Its From names no domain.";
  if (entry) return `${domain} is known already.`;
  if (forUser.length > 0) return "What a route for users reaches is not remembered.";
  if (!isCacheable(domain)) return `A name like ${domain} is never remembered.`;
  if (!proven) return `Nothing proves that the request comes from ${domain}.`;
  if (NEVER_CACHED.has(request.method)) return `The success of ${request.method} makes no domain known.`;
  return undefined;
}
