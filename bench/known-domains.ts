/** Many known domains in the API, each with the status that the operator gives it. */
import type { KubernetesApi } from "../test/support/control-plane.ts";
import { storeDomains } from "../test/support/etcd-objects.ts";
import { conditionsOf } from "../src/federation/conditions.ts";
import type { HostPort } from "../src/federation/types.ts";
import { PROGRAMMED } from "../src/reconcile/statuses.ts";
import { knownDomain, LOCAL_DOMAIN, measuredModel } from "./federation-objects.ts";

const NOW = new Date("2026-01-01T00:00:00Z");
const CONFIG = {
  localDomains: [LOCAL_DOMAIN],
  insideNetworks: [],
  insideCertificateNames: [],
  ownAddresses: [],
  trustedPeers: [],
  unprovenInbound: "serve",
} as const;

export interface Destination {
  readonly api: KubernetesApi;
  readonly namespace: string;
  /** Where all routes lead. */
  readonly nextHop: HostPort;
}

export async function storeKnownDomains(destination: Destination, count: number): Promise<void> {
  const { api, namespace, nextHop } = destination;
  const model = measuredModel(CONFIG, count, [nextHop]);
  const statusOf = (name: string): object => {
    const verdict = model.domainVerdict(name);
    if (verdict === undefined) throw new Error(`${name} is not known`);
    const findings = { ...verdict, programmed: PROGRAMMED };
    return { observedGeneration: 1, conditions: conditionsOf([], findings, 1, NOW) };
  };
  const names = Array.from({ length: count }, (_, n) => knownDomain(n));
  await storeDomains(api, namespace, names, statusOf);
}
