import { isUserKey, lessSpecificKeys, patternsOfKey, userPatternOf } from "./patterns.ts";
import type { RouteSet, RouteSetKey } from "./types.ts";
import { compareUserPatterns } from "./user-pattern.ts";

/** What a pattern is to the other patterns that have routes. All are spelled as `Pattern.text`. */
export interface Shadowing {
  /** The next less specific pattern that matches the same requests: these are taken from it. */
  readonly shadows: string | undefined;
  /** The patterns that take requests from this one: those of whom it is the next less specific one. */
  readonly shadowedBy: readonly string[];
  /** Another pattern for some of its domains: there the routes of both act together. */
  readonly actsWith: string | undefined;
  /** What is tried when every next hop of this one failed; undefined where the search ends. */
  readonly fallback: string | undefined;
}

type RouteSets = ReadonlyMap<RouteSetKey, RouteSet>;

interface Group {
  shadows: string | undefined;
  readonly shadowedBy: string[];
  actsWith: string | undefined;
  fallback: string | undefined;
}

/**
 * Who takes requests from whom, among the patterns that have routes in force.
 * @param patterns the patterns of these routes, each with its sets
 */
export function shadowing(
  sets: RouteSets,
  patterns: ReadonlyMap<string, readonly RouteSetKey[]>,
): ReadonlyMap<string, Shadowing> {
  const groups = new Map<string, Group>();
  const users = [...patterns.values()].flat().filter(isUserKey);
  const textOf = (key: RouteSetKey): string | undefined =>
    patternsOfKey(key).find((text) => patterns.has(text));
  for (const [text, keys] of patterns) {
    groups.set(text, {
      shadows: shadowedKey(sets, keys, users, textOf, text),
      shadowedBy: [],
      actsWith: keys.flatMap(patternsOfKey).find((other) => other !== text && patterns.has(other)),
      fallback: fallbackOf(sets, keys, users, textOf, text),
    });
  }
  for (const [text, { shadows }] of groups) {
    if (shadows !== undefined) groups.get(shadows)?.shadowedBy.push(text);
  }
  for (const { shadowedBy } of groups.values()) shadowedBy.sort();
  return groups;
}

/** Whether some user is matched by both patterns. */
export function overlap(a: string, b: string): boolean {
  const [openA, openB] = [a.endsWith("*"), b.endsWith("*")];
  const fixedA = openA ? a.slice(0, -1) : a;
  const fixedB = openB ? b.slice(0, -1) : b;
  if (!openA && fixedA.length < fixedB.length) return false;
  if (!openB && fixedB.length < fixedA.length) return false;
  const common = Math.min(fixedA.length, fixedB.length);
  return Array.from({ length: common }, (_, at) => [fixedA[at], fixedB[at]]).every(
    ([one, other]) => one === other || one === "." || other === ".",
  );
}

type TextOf = (key: RouteSetKey) => string | undefined;

function shadowedKey(
  sets: RouteSets,
  keys: readonly RouteSetKey[],
  users: readonly RouteSetKey[],
  textOf: TextOf,
  text: string,
): string | undefined {
  const candidates = keys.flatMap((key) =>
    isUserKey(key) ? lessSpecificUsers(key, users) : lessSpecificKeys(key),
  );
  const texts = candidates.filter((key) => sets.has(key)).map(textOf);
  return texts.find((other) => other !== undefined && other !== text);
}

function fallbackOf(
  sets: RouteSets,
  keys: readonly RouteSetKey[],
  users: readonly RouteSetKey[],
  textOf: TextOf,
  text: string,
): string | undefined {
  for (const key of keys) {
    const next = sets.get(key)?.next;
    if (next === undefined) continue;
    // after a pattern for users comes the next one for them, then those of the domain, whichever that is
    const found = isUserKey(key) ? lessSpecificUsers(key, users).map(textOf)[0] : textOf(next);
    if (found !== text) return found;
  }
  return undefined;
}

function lessSpecificUsers(key: RouteSetKey, users: readonly RouteSetKey[]): RouteSetKey[] {
  const pattern = userPatternOf(key);
  return users
    .filter((other) => other !== key && overlap(pattern, userPatternOf(other)))
    .filter((other) => compareUserPatterns(pattern, userPatternOf(other)) < 0)
    .sort((a, b) => compareUserPatterns(userPatternOf(a), userPatternOf(b)));
}
