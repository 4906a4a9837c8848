import { FEDERATED_DOMAIN, GROUP, STATIC_ROUTE, VERSION } from "../api/names.ts";
import type { ObjectMeta } from "../api/metadata.ts";

/** A namespaced kind and where the API server keeps it. */
export interface ApiResource {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
}

/** An object as it comes from the API server. */
export interface ApiObject {
  readonly metadata: ObjectMeta;
  readonly spec?: unknown;
  readonly status?: unknown;
}

export interface ApiList {
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string };
  readonly items: readonly ApiObject[];
}

/** The kinds that this system serves. */
export type Kind = typeof STATIC_ROUTE.kind | typeof FEDERATED_DOMAIN.kind;

/** Where one of them is kept. */
export interface FederationResource extends ApiResource {
  readonly kind: Kind;
}

export const STATIC_ROUTES: FederationResource = { group: GROUP, version: VERSION, ...STATIC_ROUTE };
export const FEDERATED_DOMAINS: FederationResource = { group: GROUP, version: VERSION, ...FEDERATED_DOMAIN };
export const LEASES: ApiResource = {
  group: "coordination.k8s.io",
  version: "v1",
  kind: "Lease",
  plural: "leases",
};
export const EVENTS: ApiResource = { group: "events.k8s.io", version: "v1", kind: "Event", plural: "events" };
export const SECRETS: ApiResource = { group: "", version: "v1", kind: "Secret", plural: "secrets" };

export function apiVersion(resource: ApiResource): string {
  return resource.group === "" ? resource.version : `${resource.group}/${resource.version}`;
}

/** `/apis/GROUP/VERSION/namespaces/NAMESPACE/PLURAL`, and the path below it, each part escaped. */
export function pathOf(resource: ApiResource, namespace: string, ...below: readonly string[]): string {
  const root = resource.group === "" ? "/api" : `/apis/${resource.group}`;
  const parts = ["namespaces", namespace, resource.plural, ...below].map(encodeURIComponent);
  return [root, resource.version, ...parts].join("/");
}

/** `/apis/GROUP/VERSION/PLURAL`, of a kind that has no namespaces and a group. */
export function clusterPathOf({ group, version, plural }: ApiResource): string {
  return `/apis/${group}/${version}/${plural}`;
}
