import type { Dirty } from "./plan.ts";

const MAX_NAMES = 1000;
const MAX_SETS = 200;

/**
 * Small enough to be planned in one turn of the event loop, and at least one. Any split is safe: the plan of each part
 * is complete by itself.
 */
export function* partsOf(dirty: Dirty): Generator<Dirty> {
  const names = chunks(dirty.names, MAX_NAMES);
  const sets = chunks(dirty.sets, MAX_SETS);
  let [someNames, someSets] = [names.next(), sets.next()];
  do {
    yield { names: someNames.value ?? [], sets: someSets.value ?? [] };
    [someNames, someSets] = [names.next(), sets.next()];
  } while (someNames.done !== true || someSets.done !== true);
}

function* chunks(items: Iterable<string>, size: number): Generator<string[], undefined> {
  let chunk: string[] = [];
  for (const item of items) {
    chunk.push(item);
    if (chunk.length < size) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}
