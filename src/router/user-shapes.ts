import type { RouteSetKey } from "../federation/types.ts";

/**
 * The shapes of all user patterns, as the router looks for them: what a user part may look like, most specific first.
 * Instead of comparing each pattern, the router writes the user part as each shape would and looks that up.
 *
 * A shape is `<length><=|*>,<piece>,<piece>…` with a semicolon after it: the length of the fixed part, whether more may
 * follow, and in turn the number of characters to take or the dots that stand for any. `+49..*` has `5*,3,..`.
 */
export function encodeShapes(keys: Iterable<RouteSetKey>): string {
  const shapes = new Set<string>();
  for (const key of keys) if (isUserKey(key)) shapes.add(shapeOf(key.slice(1)));
  return [...shapes]
    .sort(bySpecificity)
    .map((shape) => `${encodeShape(shape)};`)
    .join("");
}

export function isUserKey(key: RouteSetKey): boolean {
  return key.startsWith("@");
}

/** True when the key can stand in a line of the table. */
export function isUserSetKey(key: RouteSetKey): boolean {
  return /^@[-A-Za-z0-9_.!~()&=+$,;?/']+\*?$/.test(key);
}

/** Fixed characters as `!`, which sorts before the dot. */
function shapeOf(pattern: string): string {
  return pattern.replace(/[^.*]/g, "!");
}

/** The most fixed characters, then a fixed length, the longer, the earlier ones: as the core ranks the patterns. */
function bySpecificity(a: string, b: string): number {
  const fixed = (shape: string): number => shape.split("!").length;
  const isOpen = (shape: string): number => Number(shape.endsWith("*"));
  return fixed(b) - fixed(a) || isOpen(a) - isOpen(b) || b.length - a.length || (a < b ? -1 : 1);
}

function encodeShape(shape: string): string {
  const isOpen = shape.endsWith("*");
  const fixed = isOpen ? shape.slice(0, -1) : shape;
  const pieces = fixed.match(/!+|\.+/g) ?? [];
  return [
    `${fixed.length}${isOpen ? "*" : "="}`,
    ...pieces.map((piece) => (piece.startsWith("!") ? piece.length : piece)),
  ].join(",");
}
