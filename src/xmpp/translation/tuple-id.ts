/** Before resources in tuple ids: an xs:ID does not begin with a digit (RFC 8048 §6.2, note 2). */
const PREFIX = "ID-";
/** What an xs:ID does not take, and what looks like an escape already. */
const TO_ESCAPE = /[^A-Za-z0-9._-]|_(?=x[0-9A-F]{1,6}_)/gu;
const ESCAPED = /_x([0-9A-F]{1,6})_/g;
/** What no resource may hold: controls, private use, separators, non-characters (RFC 3454 C.2 to C.6). */
const FORBIDDEN = /[\p{Cc}\p{Co}\p{Zl}\p{Zp}\p{Noncharacter_Code_Point}]/u;
/** Bytes of a resource (RFC 7622 §3.4). */
const MAX_RESOURCE = 1023;

/** The id of the tuple of a resource, a valid xs:ID whatever the resource. */
export function tupleId(resource: string | undefined): string {
  if (resource === undefined) return PREFIX;
  return (
    PREFIX +
    resource.replace(TO_ESCAPE, (some) => `_x${some.codePointAt(0)?.toString(16).toUpperCase() ?? ""}_`)
  );
}

/** The resource of a tuple: what `tupleId` was given, or the id of another's tuple as it is. Undefined when there is none. */
export function readResource(id: unknown): string | undefined {
  if (typeof id !== "string") return undefined;
  const resource = id.startsWith(PREFIX) ? id.slice(PREFIX.length).replace(ESCAPED, unescaped) : id;
  const fits = resource.isWellFormed() && Buffer.byteLength(resource) <= MAX_RESOURCE;
  return fits && resource.trim() !== "" && !FORBIDDEN.test(resource) ? resource : undefined;
}

function unescaped(escape: string, hex: string): string {
  const codePoint = Number.parseInt(hex, 16);
  return codePoint <= 0x10ffff ? String.fromCodePoint(codePoint) : escape;
}
