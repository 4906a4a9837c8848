import type { SipUri } from "./types.ts";

/** The characters of a user part (RFC 3261 §25.1) but `*`, which may only end a pattern. */
const USER_PATTERN = /^[-A-Za-z0-9_.!~()&=+$,;?/']+\*?$/;
/** What makes a telephone number readable and does not count (RFC 3966 §5.1.1). */
const VISUAL_SEPARATORS = /[-.()]/g;
const ESCAPE = /%([0-9A-Fa-f]{2})?/g;

/** True for characters of a user part, `.` for any one of them, and at most one `*`, at the end. */
export function isUserPattern(text: string): boolean {
  return USER_PATTERN.test(text) && text !== ".*";
}

/**
 * The user part that patterns are compared with: without password, escapes decoded (RFC 3261 §19.1.4); of a tel: URI the
 * number without visual separators and parameters. Undefined where there is none, or one that no pattern could match.
 */
export function userOf({ scheme, user }: SipUri): string | undefined {
  if (user === undefined || user === "") return undefined;
  const decoded = decode(user.split(scheme === "tel" ? ";" : ":")[0]);
  return scheme === "tel" ? decoded?.replace(VISUAL_SEPARATORS, "") : decoded;
}

/** Case counts, as in every user part. */
export function matchesUser(pattern: string, user: string): boolean {
  const isOpen = pattern.endsWith("*");
  const fixed = isOpen ? pattern.slice(0, -1) : pattern;
  if (isOpen ? user.length < fixed.length : user.length !== fixed.length) return false;
  return Array.from(fixed).every((character, at) => character === "." || character === user[at]);
}

/** Sorts the most specific pattern first: the most fixed characters, then a fixed length, the longer, the earlier ones. */
export function compareUserPatterns(a: string, b: string): number {
  return (
    fixedCharacters(b) - fixedCharacters(a) ||
    Number(a.endsWith("*")) - Number(b.endsWith("*")) ||
    b.length - a.length ||
    (shapeOf(a) < shapeOf(b) ? -1 : 1)
  );
}

function fixedCharacters(pattern: string): number {
  return pattern.replace(/[.*]/g, "").length;
}

/** Fixed characters sort before dots: two patterns of one shape never match the same user. */
function shapeOf(pattern: string): string {
  return pattern.replace(/[^.*]/g, "!");
}

/** Undefined where anything but printable ASCII comes out: no pattern holds it. */
function decode(text = ""): string | undefined {
  const decoded = text.replace(ESCAPE, (_, hex = "00") => String.fromCharCode(parseInt(String(hex), 16)));
  return /^[\x20-\x7e]*$/.test(decoded) ? decoded : undefined;
}
