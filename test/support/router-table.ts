import type { RoutingTable } from "../../src/federation/types.ts";
import { encodeActive, encodeName, encodeSet, nameOf, startOf } from "../../src/router/encode.ts";
import type { Orders } from "../../src/router/types.ts";

/** The router's hash table `t` as a test reads it. */
export type Entries = ReadonlyMap<string, string>;

/** What the epoch in force has to hold, and nothing else. */
export function expectedEntries(table: RoutingTable, orders: Orders): Record<string, string> {
  const entries: Record<string, string> = { active: encodeActive("", table) };
  const names = new Set(table.names.keys());
  for (const [key, set] of table.routeSets) {
    const encoded = encodeSet(set, orders);
    entries[`s/${key}`] = encoded.value;
    encoded.orders?.values.forEach((order, k) => (entries[`o/${encoded.orders?.id ?? ""}/${k}`] = order));
    const name = nameOf(key);
    if (name !== undefined) names.add(name);
  }
  for (const name of names) {
    const value = encodeName(table.names.get(name), startOf(table, name));
    if (value !== undefined) entries[`n/${name}`] = value;
  }
  return entries;
}

/** The epoch in force, keys without it. Tombstones and orders that no set names only wait for their deletion. */
export function entriesInForce(entries: Entries): Record<string, string> {
  const active = entries.get("active") ?? "";
  const prefix = `${active.split("|")[0] ?? ""}/`;
  const named = new Set(
    [...entries].filter(([key]) => key.startsWith(`${prefix}s/`)).map(([, set]) => orderId(set)),
  );
  const found: Record<string, string> = { active: active.slice(prefix.length - 1) };
  for (const [key, value] of entries) {
    if (!key.startsWith(prefix) || value.startsWith("-||") || isTombstone(key, value)) continue;
    const [section, id = ""] = key.slice(prefix.length).split("/");
    if (section !== "o" || named.has(id)) found[key.slice(prefix.length)] = value;
  }
  return found;
}

/** References of the epoch in force to what is not there. */
export function danglingReferences(entries: Entries): string[] {
  const epoch = entries.get("active")?.split("|")[0];
  if (epoch === undefined) return [];
  return [...entries].flatMap(([key, value]) => {
    if (key.startsWith(`${epoch}/n/`)) return dangling(entries, epoch, key, value.split("|")[1] ?? "", false);
    if (key.startsWith(`${epoch}/s/`)) return danglingOfSet(entries, epoch, key, value);
    return [];
  });
}

function danglingOfSet(entries: Entries, epoch: string, key: string, value: string): string[] {
  const [, next = "", count = "0", id = ""] = value.split("|");
  const missing = Array.from(
    { length: Number(count) > 1 ? Number(count) : 0 },
    (_, k) => `${epoch}/o/${id}/${k}`,
  )
    .filter((order) => !entries.has(order))
    .map((order) => `${key} → ${order}`);
  return [...missing, ...dangling(entries, epoch, key, next, true)];
}

function dangling(
  entries: Entries,
  epoch: string,
  key: string,
  set: string,
  tombstoneIsFine: boolean,
): string[] {
  if (set === "" || set === "@") return [];
  const value = entries.get(`${epoch}/s/${set}`);
  const gone = value === undefined || (!tombstoneIsFine && value.startsWith("-"));
  return gone ? [`${key} → ${set}`] : [];
}

function isTombstone(key: string, value: string): boolean {
  return key.split("/")[1] === "s" && value.startsWith("-");
}

function orderId(set: string): string {
  return set.split("|")[3] ?? "";
}
