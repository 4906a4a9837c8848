import type { RpcClient } from "./rpc-client.ts";

/** How often something happened in the router since its start. */
export interface Counter {
  readonly name: string;
  readonly count: number;
}

const TABLE = "cnt";
/** Counted apart from the table, for speed: group and name of a counter, and what it counts. */
const MESSAGES = { group: "script", name: "messages_relayed", counts: "MESSAGE:relayed" };

/** The router's counters; empty while it does not answer. They start at zero with every start of the router. */
export async function readCounters(rpc: Pick<RpcClient, "call">): Promise<readonly Counter[]> {
  const [table, messages] = await Promise.all([
    rpc.call("htable.dump", [TABLE]),
    rpc.call("cnt.get", [MESSAGES.group, MESSAGES.name]),
  ]);
  if (!table.ok || !Array.isArray(table.result)) return [];
  const counters = table.result.flatMap(entriesOf).flatMap(counterOf);
  if (!messages.ok || typeof messages.result !== "number" || messages.result === 0) return counters;
  return [...counters, { name: MESSAGES.counts, count: messages.result }];
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
