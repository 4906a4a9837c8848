import { canonicalDomain, parents } from "./domain-name.ts";
import { DEFAULT_ROUTE_SET, REST_FOR_USER, type RouteSetKey } from "./types.ts";
import { isUserPattern } from "./user-pattern.ts";

/** A destination pattern, understood. Routes whose `text` is equal act together. */
export interface Pattern {
  /** The one spelling of the pattern. */
  readonly text: string;
  /** The route sets that a route with this pattern is part of. */
  readonly keys: readonly [RouteSetKey, ...RouteSetKey[]];
}

const DEFAULT_PATTERN: Pattern = { text: ".*", keys: [DEFAULT_ROUTE_SET] };

/**
 * Reads a domain pattern: `.*`, `example.com`, `*.example.com`, or Cisco's reversed form `.com.example.*`.
 * Undefined when it is none of them.
 */
export function parsePattern(text: string): Pattern | undefined {
  if (text === ".*") return DEFAULT_PATTERN;
  if (text.startsWith("*.")) return belowPattern(text.slice(2));
  if (text.startsWith(".") && text.endsWith(".*")) return reversedPattern(text.slice(1, -2));
  return exactPattern(text);
}

/** Reads a user pattern, as in `+4930....` or `23*`. Undefined when it is none. */
export function parseUserPattern(text: string): Pattern | undefined {
  if (!isUserPattern(text)) return undefined;
  const key = `${USER_PREFIX}${text}`;
  return { text: key, keys: [key] };
}

/** A user may be called `example.com`, so what a user pattern is known by differs from every domain pattern. */
const USER_PREFIX = "@";

export function isUserKey(key: RouteSetKey): boolean {
  return key.startsWith(USER_PREFIX);
}

/** The pattern in the key of a set for users, as a person writes it. */
export function userPatternOf(key: RouteSetKey): string {
  return key.slice(USER_PREFIX.length);
}

export const exactKey = (domain: string): RouteSetKey => domain;
export const itselfKey = (domain: string): RouteSetKey => `=${domain}`;
export const belowKey = (domain: string): RouteSetKey => `.${domain}`;

/** The keys of all route sets that serve a domain, most specific first; the default route last. */
export function keysFor(domain: string): RouteSetKey[] {
  return [exactKey(domain), ...lessSpecificKeys(exactKey(domain))];
}

/** The keys that are less specific than this one and serve the same domains, most specific first. */
export function lessSpecificKeys(key: RouteSetKey): RouteSetKey[] {
  if (key === DEFAULT_ROUTE_SET) return [];
  if (isUserKey(key)) return [REST_FOR_USER];
  const domain = domainOfKey(key);
  const itself = key === exactKey(domain) ? [itselfKey(domain)] : [];
  return [...itself, ...parents(domain).map(belowKey), DEFAULT_ROUTE_SET];
}

/** The domain in the key of an explicit route set. */
export function domainOfKey(key: RouteSetKey): string {
  return key.startsWith(".") || key.startsWith("=") ? key.slice(1) : key;
}

/** The domain of a pattern that matches that domain alone; undefined for all others. */
export function exactDomain({ text, keys: [key] }: Pattern): string | undefined {
  return key === exactKey(text) && !isUserKey(key) ? text : undefined;
}

/** The patterns whose routes make up a set, as `Pattern.text`; the plainest one first. */
export function patternsOfKey(key: RouteSetKey): [string, ...string[]] {
  if (key === DEFAULT_ROUTE_SET) return [DEFAULT_PATTERN.text];
  if (isUserKey(key)) return [key];
  const domain = domainOfKey(key);
  if (key === belowKey(domain)) return [`*.${domain}`, reversed(domain)];
  return key === itselfKey(domain) ? [reversed(domain)] : [domain];
}

function exactPattern(text: string): Pattern | undefined {
  const domain = patternDomain(text);
  return domain === undefined ? undefined : { text: domain, keys: [exactKey(domain)] };
}

function belowPattern(text: string): Pattern | undefined {
  const domain = patternDomain(text);
  return domain === undefined ? undefined : { text: `*.${domain}`, keys: [belowKey(domain)] };
}

function reversedPattern(text: string): Pattern | undefined {
  const domain = patternDomain(text.split(".").reverse().join("."));
  if (domain === undefined) return undefined;
  return { text: reversed(domain), keys: [itselfKey(domain), belowKey(domain)] };
}

/** A domain whose last label is a number is part of an IP address, and an address matches no explicit route. */
function patternDomain(text: string): string | undefined {
  const domain = canonicalDomain(text);
  return domain === undefined || /(^|\.)\d+$/.test(domain) ? undefined : domain;
}

function reversed(domain: string): string {
  return `.${domain.split(".").reverse().join(".")}.*`;
}
