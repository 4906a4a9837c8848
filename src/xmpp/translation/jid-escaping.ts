/** Characters that a localpart may not hold, by the hexadecimal digits that stand for them (XEP-0106 §2). */
const CHARACTERS: ReadonlyMap<string, string> = new Map(
  ["20", "22", "26", "27", "2f", "3a", "3c", "3e", "40", "5c"].map((hex) => [
    hex,
    String.fromCharCode(Number.parseInt(hex, 16)),
  ]),
);

/** A backslash only where an escape seems to follow: elsewhere it stands for itself. */
const TO_ESCAPE = /[ "&'/:<>@]|\\(?=(?:20|22|26|27|2f|3a|3c|3e|40|5c))/g;
const ESCAPED = /\\(20|22|26|27|2f|3a|3c|3e|40|5c)/g;

/** Escapes a user name for the localpart of a JID (XEP-0106). Undefined with a space at either end, which it forbids. */
export function escapeLocalpart(text: string): string | undefined {
  if (text.startsWith(" ") || text.endsWith(" ")) return undefined;
  return text.replace(TO_ESCAPE, (character) => `\\${character.charCodeAt(0).toString(16)}`);
}

/** What `escapeLocalpart` was given. */
export function unescapeLocalpart(localpart: string): string {
  return localpart.replace(ESCAPED, (_, hex: string) => CHARACTERS.get(hex) ?? "");
}
