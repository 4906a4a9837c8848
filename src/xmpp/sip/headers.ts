import type { Headers } from "./types.ts";

/** Compact forms (RFC 3261 §7.3.3, RFC 6665 §8.2) and what they are short for. */
const COMPACT: ReadonlyMap<string, string> = new Map([
  ["c", "content-type"],
  ["e", "content-encoding"],
  ["f", "from"],
  ["i", "call-id"],
  ["k", "supported"],
  ["l", "content-length"],
  ["m", "contact"],
  ["o", "event"],
  ["s", "subject"],
  ["t", "to"],
  ["u", "allow-events"],
  ["v", "via"],
]);

/** The one spelling of a header's name: lower case, no compact form. */
export function canonicalName(name: string): string {
  const lower = name.toLowerCase();
  return COMPACT.get(lower) ?? lower;
}

/** The value of the first header of a name, in whichever form and case. */
export function header(headers: Headers, name: string): string | undefined {
  const wanted = canonicalName(name);
  return headers.find(([key]) => canonicalName(key) === wanted)?.[1];
}

/** All headers of a name, as they came, in order. */
export function headersNamed(headers: Headers, name: string): Headers {
  const wanted = canonicalName(name);
  return headers.filter(([key]) => canonicalName(key) === wanted);
}

/** All values of a header that may have several a line, separated by commas (RFC 3261 §7.3.1), in order. */
export function headerList(headers: Headers, name: string): string[] {
  return headersNamed(headers, name).flatMap(([, value]) => splitOutside(value, ","));
}

/**
 * A parameter of a header's value: `tag` of From, `branch` of Via. Those of a URI in angle brackets are not the header's.
 * Quotes are taken off; empty when it has no value; undefined when there is none.
 */
export function parameter(value: string, name: string): string | undefined {
  const wanted = name.toLowerCase();
  const [, ...parameters] = splitOutside(value, ";");
  for (const text of parameters) {
    const equals = text.indexOf("=");
    const key = equals < 0 ? text : text.slice(0, equals).trimEnd();
    if (key.toLowerCase() === wanted) return equals < 0 ? "" : unquoted(text.slice(equals + 1).trim());
  }
  return undefined;
}

/** The URI of From, To, Contact, Route: in angle brackets, or else what stands before the parameters (RFC 3261 §20.10). */
export function uriOf(value: string): string {
  const [address = ""] = splitOutside(value, ";");
  const name = /^\s*"(?:[^"\\]|\\.)*"/s.exec(address)?.[0] ?? "";
  const open = address.indexOf("<", name.length);
  const close = address.indexOf(">", open);
  return (open < 0 || close < 0 ? address.slice(name.length) : address.slice(open + 1, close)).trim();
}

const CLOSERS: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ["<", ">"],
]);

/** Cuts at a separator that is neither in a quoted string nor in angle brackets; parts are trimmed. */
function splitOutside(text: string, separator: "," | ";"): string[] {
  const parts: string[] = [];
  let start = 0;
  let closer: string | undefined;
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (closer !== undefined) {
      if (closer === '"' && character === "\\") at += 1;
      else if (character === closer) closer = undefined;
    } else if (character === separator) {
      parts.push(text.slice(start, at).trim());
      start = at + 1;
    } else {
      closer = CLOSERS.get(character);
    }
  }
  return [...parts, text.slice(start).trim()];
}

function unquoted(text: string): string {
  return /^".*"$/s.test(text) ? text.slice(1, -1).replace(/\\(.)/gs, "$1") : text;
}
