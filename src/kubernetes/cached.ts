import { ORIGIN_DISCOVERED, ORIGIN_LABEL } from "../api/names.ts";
import type { DomainObject, RouteObject } from "../federation/types.ts";
import type { CacheEntry } from "./object-cache.ts";
import type { ApiObject } from "./resources.ts";
import { digestOf, isProgrammed, type ObjectStatus, type StatusShape } from "./status-digest.ts";

/** An object as the cache keeps it: what routing uses, and what tells whether its status must be written. */
export interface Cached<T extends { readonly generation: number }> extends CacheEntry {
  readonly object: T;
  /** The resourceVersion at which this generation was first seen: from there on a replica has it. */
  readonly specVersion: string;
  /** Digest of what we own of the status; equal digests mean equal statuses, times apart. */
  readonly statusDigest: number;
  /** The status says that all routers have this generation: that never goes back. */
  readonly programmed: boolean;
}

export type CachedRoute = Cached<RouteObject>;

export interface CachedDomain extends Cached<DomainObject> {
  /** The operator created it, or another replica. */
  readonly discovered: boolean;
  /** In seconds since 1970. */
  readonly created: number;
}

/** Trims a StaticRoute. */
export function cachedRoute(shape: StatusShape) {
  return trimmer<RouteObject>(shape, ({ metadata, spec }) => ({
    name: metadata.name,
    uid: metadata.uid,
    generation: metadata.generation,
    creationTimestamp: metadata.creationTimestamp,
    spec: spec as RouteObject["spec"],
  }));
}

/** Trims a FederatedDomain. */
export function cachedDomain(shape: StatusShape) {
  const trim = trimmer<DomainObject>(shape, ({ metadata, spec }) => ({
    name: metadata.name,
    uid: metadata.uid,
    generation: metadata.generation,
    spec: spec as DomainObject["spec"],
  }));
  return (raw: ApiObject, previous: CachedDomain | undefined): CachedDomain => ({
    ...trim(raw, previous),
    discovered: raw.metadata.labels?.[ORIGIN_LABEL] === ORIGIN_DISCOVERED,
    created: Date.parse(raw.metadata.creationTimestamp) / 1000,
  });
}

function trimmer<T extends { readonly generation: number }>(
  shape: StatusShape,
  toObject: (raw: ApiObject) => T,
) {
  return (raw: ApiObject, previous: Cached<T> | undefined): Cached<T> => {
    const { name, uid, resourceVersion, generation } = raw.metadata;
    const status = raw.status as ObjectStatus | undefined;
    const known = previous?.uid === uid && previous.object.generation === generation ? previous : undefined;
    return {
      name,
      uid,
      resourceVersion,
      // An unchanged generation is an unchanged spec: its object stays the same one.
      object: known?.object ?? toObject(raw),
      specVersion: known?.specVersion ?? resourceVersion,
      statusDigest: digestOf(status, shape),
      programmed: isProgrammed(status, generation),
    };
  };
}
