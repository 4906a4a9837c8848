import type { RpcClient } from "./rpc-client.ts";

/** Entries of a hash table of the router; undefined while it does not answer. It counts without a lock, in about 1 ms. */
export async function countEntries(rpc: Pick<RpcClient, "call">, table: string): Promise<number | undefined> {
  const outcome = await rpc.call("htable.stats", []);
  if (!outcome.ok || !Array.isArray(outcome.result)) return undefined;
  const counts = (outcome.result as unknown[]).flatMap((stats) => countOf(stats, table));
  return counts[0];
}

/** `htable.stats` answers `[{ name, slots, all, min, max }]`. */
function countOf(stats: unknown, table: string): readonly number[] {
  if (typeof stats !== "object" || stats === null || !("name" in stats) || !("all" in stats)) return [];
  return stats.name === table && typeof stats.all === "number" ? [stats.all] : [];
}
