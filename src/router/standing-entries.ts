import type { StrangerLimits } from "../federation/types.ts";
import { encodeLimits } from "./encode.ts";

/** Entries of the router's table that belong to no epoch, by key. */
export type StandingEntries = ReadonlyMap<string, string>;

/** What the router is told of dialogs. */
export interface DialogSettings {
  /**
   * Keys of the marks in Record-Route, the same on every replica: hexadecimal digits. The first makes marks, all are
   * accepted. There is one at least.
   */
  readonly keys: readonly string[];
  /** How long a mark is good for, in seconds. */
  readonly lifetimeSeconds: number;
  /** Networks (CIDR) to which nothing is sent because a peer names an address there; none by default. */
  readonly refusedNetworks?: readonly string[];
  /** Parts of them to which it is sent all the same. */
  readonly allowedNetworks?: readonly string[];
}

/** @param limits for strangers; undefined: none. */
export function standingEntries(dialogs: DialogSettings, limits?: StrangerLimits): StandingEntries {
  const { keys, lifetimeSeconds, refusedNetworks = [], allowedNetworks = [] } = dialogs;
  const entries = new Map([["key", `${keys.join(",")}|${lifetimeSeconds}`]]);
  if (refusedNetworks.length > 0) {
    entries.set("targets", `${refusedNetworks.join(",")}|${allowedNetworks.join(",")}`);
  }
  if (limits !== undefined) entries.set("limits", encodeLimits(limits));
  return entries;
}
