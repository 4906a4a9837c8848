/** The names of the API: what objects, labels and conditions are called (crds/). */

export const GROUP = "sipfederation.io";
export const VERSION = "v1alpha1";
export const API_VERSION = `${GROUP}/${VERSION}`;

/** How a kind is spelled in manifests and in URLs. */
export interface Resource {
  readonly kind: string;
  readonly plural: string;
}

export const STATIC_ROUTE = { kind: "StaticRoute", plural: "staticroutes" } as const satisfies Resource;
export const FEDERATED_DOMAIN = {
  kind: "FederatedDomain",
  plural: "federateddomains",
} as const satisfies Resource;

/** The route that the operator creates where a namespace has no default route. */
export const DEFAULT_ROUTE_NAME = "default";
/** The pattern of the default route. */
export const DEFAULT_ROUTE_PATTERN = ".*";

/** How an object came to be; nobody changes it. */
export const ORIGIN_LABEL = `${GROUP}/origin`;
/** The value of `ORIGIN_LABEL` on what the operator created. */
export const ORIGIN_DISCOVERED = "discovered";

/** The types of the conditions in a status. */
export const Conditions = {
  Accepted: "Accepted",
  Programmed: "Programmed",
  Ready: "Ready",
  Stalled: "Stalled",
  NextHopReachable: "NextHopReachable",
  Routed: "Routed",
  Throttled: "Throttled",
  XmppDiscovery: "XmppDiscovery",
} as const;

export type ConditionType = keyof typeof Conditions;

/** The reason of `Programmed=False` on an object that is not accepted and has no effect. */
export const NOT_ACCEPTED = "NotAccepted";

/** The reason of the `Ready` condition that the schema gives to an object nobody has looked at yet. */
export const PENDING = "Pending";
