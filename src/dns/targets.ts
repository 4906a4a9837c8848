import type { Target } from "./types.ts";

/** Most targets of one next hop: a route is no place for more, and a peer's zone must not flood the router. */
const MAX_TARGETS = 64;

/** Best first, always in the same order, each address and port once: where it is best. */
export function orderedTargets(targets: readonly Target[]): readonly Target[] {
  const ordered = targets.toSorted(byPreference);
  const first = new Map<string, Target>();
  for (const target of ordered) {
    const key = `${target.address} ${target.port}`;
    if (!first.has(key)) first.set(key, target);
  }
  return [...first.values()].slice(0, MAX_TARGETS);
}

/** @param a ordered, like `b`; undefined: not known. */
export function sameTargets(a: readonly Target[] | undefined, b: readonly Target[] | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  if (a.length !== b.length) return false;
  return a.every((target, at) => {
    const other = b[at];
    return other !== undefined && byPreference(target, other) === 0;
  });
}

function byPreference(a: Target, b: Target): number {
  return (
    a.priority - b.priority ||
    b.weight - a.weight ||
    (a.address < b.address ? -1 : Number(a.address > b.address)) ||
    a.port - b.port
  );
}
