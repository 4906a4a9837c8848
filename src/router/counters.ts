import type { RpcClient } from "./rpc-client.ts";

/** How often something happened in the router since its start. */
export interface Counter {
  readonly name: string;
  readonly count: number;
}

const TABLE = "cnt";

/** The router's counters; empty while it does not answer. They start at zero with every start of the router. */
export async function readCounters(rpc: Pick<RpcClient, "call">): Promise<readonly Counter[]> {
  const outcome = await rpc.call("htable.dump", [TABLE]);
  if (!outcome.ok || !Array.isArray(outcome.result)) return [];
  return outcome.result.flatMap(entriesOf).flatMap(counterOf);
}

/** `htable.dump` answers `[{ entry, size, slot: [{ name, value, type }] }]`. */
function entriesOf(slot: unknown): readonly unknown[] {
  if (typeof slot !== "object" || slot === null || !("slot" in slot)) return [];
  return Array.isArray(slot.slot) ? slot.slot : [];
}

function counterOf(entry: unknown): readonly Counter[] {
  if (typeof entry !== "object" || entry === null || !("name" in entry) || !("value" in entry)) return [];
  const { name, value } = entry;
  return typeof name === "string" && typeof value === "number" ? [{ name, count: value }] : [];
}
