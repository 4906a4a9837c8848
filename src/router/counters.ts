import type { RpcClient } from "./rpc-client.ts";

/** How often something happened in the router since its start. */
export interface Counter {
  readonly name: string;
  readonly count: number;
}

const TABLE = "cnt";
/** Counted apart from the table, for speed: group and name of each counter, and what it counts. */
const APART = [
  { group: "script", name: "messages_inbound", counts: "MESSAGE:relayed:inbound" },
  { group: "script", name: "messages_relayed", counts: "MESSAGE:relayed" },
];

/**
 * The router's counters; empty while it does not answer. They start at zero with every start of the router. Of requests
 * `METHOD:outcome`; what was relayed is outbound, or `METHOD:relayed:inbound`, or `METHOD:relayed:internal`.
 */
export async function readCounters(rpc: Pick<RpcClient, "call">): Promise<readonly Counter[]> {
  const [table, ...apart] = await Promise.all([
    rpc.call("htable.dump", [TABLE]),
    ...APART.map(({ group, name }) => rpc.call("cnt.get", [group, name])),
  ]);
  if (!table.ok || !Array.isArray(table.result)) return [];
  const counters = table.result.flatMap(entriesOf).flatMap(counterOf);
  const more = APART.flatMap(({ counts }, index) => {
    const read = apart[index];
    return read?.ok && typeof read.result === "number" && read.result !== 0
      ? [{ name: counts, count: read.result }]
      : [];
  });
  return [...counters, ...more];
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
