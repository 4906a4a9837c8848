/** Many known domains in the API, each with the status that the operator gives it. */
import { storeDomains } from "../test/support/etcd-objects.ts";
import { waitFor } from "../test/support/wait-for.ts";
import { conditionsOf } from "../src/federation/conditions.ts";
import { PROGRAMMED } from "../src/reconcile/statuses.ts";
import { knownDomain, LOCAL_DOMAIN, measuredModel } from "./federation-objects.ts";
import type { Installation } from "./installation.ts";

const PATIENCE = { timeout: 120_000, interval: 500 };
const NOW = new Date("2026-01-01T00:00:00Z");
const CONFIG = {
  localDomains: [LOCAL_DOMAIN],
  insideNetworks: [],
  ownAddresses: [],
  trustedPeers: [],
  unprovenInbound: "serve",
} as const;

export async function storeKnownDomains(installation: Installation, count: number): Promise<void> {
  const { api, namespace, peer, client } = installation;
  const model = measuredModel(CONFIG, count, peer.target);
  const statusOf = (name: string): object => {
    const verdict = model.domainVerdict(name);
    if (verdict === undefined) throw new Error(`${name} is not known`);
    const findings = { ...verdict, programmed: PROGRAMMED };
    return { observedGeneration: 1, conditions: conditionsOf([], findings, 1, NOW) };
  };
  const names = Array.from({ length: count }, (_, n) => knownDomain(n));
  await storeDomains(api, namespace, names, statusOf);
  await waitFor("the API server to catch up", () => client.list(namespace, "federateddomains"), PATIENCE);
}
