/** The product's router with a table, programmed as the operator does. */
import type { FederationConfig } from "../src/federation/types.ts";
import type { Model } from "../src/federation/model.ts";
import { orders } from "../src/federation/shares.ts";
import { SipRouter } from "../src/router/sip-router.ts";
import { LOCAL_DOMAIN, measuredModel, type MeasuredHop } from "./federation-objects.ts";
import { silent, type Router } from "./kamailio.ts";

export interface Filling {
  readonly domains: number;
  /** Where all routes lead. */
  readonly hops: readonly MeasuredHop[];
  /** Every loopback address unless told. */
  readonly insideNetworks?: readonly string[];
}

/** @see programRouter */
export function fillRouter(
  router: Router,
  { domains, hops, insideNetworks }: Filling,
  meanwhile?: () => Promise<void>,
): Promise<void> {
  return programRouter(router, measuredModel(settings(router, insideNetworks), domains, hops), meanwhile);
}

/** @param insideNetworks every loopback address unless told */
export function settings({ target }: Router, insideNetworks = ["127.0.0.0/8"] as readonly string[]) {
  return {
    localDomains: [LOCAL_DOMAIN],
    insideNetworks,
    insideCertificateNames: [],
    ownAddresses: [target],
    trustedPeers: [],
    unprovenInbound: "serve",
  } satisfies FederationConfig;
}

/**
 * Afterwards no operator is there, whose polling is not the router's cost.
 * @param meanwhile what the operator is needed for before it goes
 */
export async function programRouter(
  { control }: Router,
  model: Model,
  meanwhile?: () => Promise<void>,
): Promise<void> {
  const operator = new SipRouter(
    { ...control, dialogs: { keys: ["c0ffee"], lifetimeSeconds: 3600 }, orders },
    silent,
  );
  const { promise: programmed, resolve } = Promise.withResolvers<undefined>();
  operator.start(model.table, {
    discover: () => Promise.resolve("uncached"),
    learned: () => undefined,
    programmed: () => {
      resolve(undefined);
    },
  });
  await operator.apply(model.takeChanges());
  await programmed;
  await meanwhile?.();
  await operator.stop();
}
