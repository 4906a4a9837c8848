/** (a) What a relayed message costs, against a Kamailio that only relays. */
import { fillRouter } from "./filled-router.ts";
import { knownDomain, LOCAL_DOMAIN, type MeasuredHop } from "./federation-objects.ts";
import { SIP_PORT, udpUri, type Kamailio, type Router } from "./kamailio.ts";
import type { SipLoad, Target } from "./sip-load.ts";
import { Stage } from "./stage.ts";
import { takeTurns, type Contestant, type RelayCost, type TurnsOptions } from "./turns.ts";

export interface RelayMeasurement {
  readonly bare: RelayCost;
  /** The bare relay as Debian's Kamailio starts. */
  readonly stock: RelayCost;
  /** A few known domains and one next hop. */
  readonly few: RelayCost;
  /** 100,000 known domains and one next hop. */
  readonly many: RelayCost;
  /** A few known domains and three next hops by weight, of which one is dead, while all are probed. */
  readonly weighted: RelayCost;
}

const FEW = 10;
const MANY = 100_000;
/** Prime to all numbers of domains here: successive requests go all over the table. */
const STRIDE = 7919;

/** Rounds in which the bare relays and the routers take turns. */
export function measureRelayCost(options: Omit<TurnsOptions, "warmUp">): Promise<RelayMeasurement> {
  return Stage.play(async (stage) => {
    const load = await stage.load(LOCAL_DOMAIN);
    const { target } = stage.peer();
    const contestants = [
      contestant(stage.bare(udpUri(target)), load, FEW),
      contestant(stage.bare(udpUri(target), { isStock: true }), load, FEW),
      contestant(await filled(stage, FEW, [target]), load, FEW),
      contestant(await filled(stage, MANY, [target]), load, MANY),
      await byWeight(stage, load, target),
    ] as const;
    // a request to each domain at least
    const costs = await takeTurns(contestants, { ...options, warmUp: MANY });
    return { bare: costs[0], stock: costs[1], few: costs[2], many: costs[3], weighted: costs[4] };
  });
}

async function filled(stage: Stage, domains: number, hops: readonly MeasuredHop[]): Promise<Router> {
  const router = await stage.router();
  await fillRouter(router, { domains, hops });
  return router;
}

function contestant(kamailio: Kamailio, load: SipLoad, domains: number): Contestant {
  return { kamailio, load, domain: (n) => knownDomain((n * STRIDE) % domains) };
}

/** All next hops are probed in each burst, which is more often than the operator does. */
async function byWeight(stage: Stage, load: SipLoad, live: Target): Promise<Contestant> {
  const dead = { host: stage.address(), port: SIP_PORT };
  const hops = [
    { ...live, weight: 2 },
    { ...stage.peer().target, weight: 1 },
    { ...dead, weight: 1 },
  ];
  const router = await filled(stage, FEW, hops);
  const control = stage.control(router);
  const meanwhile = async (): Promise<void> => {
    await control.mark(new Map([[udpUri(dead), true]]));
    await control.probe(hops.map((hop) => ({ uri: udpUri(hop), inside: false })));
  };
  return { ...contestant(router, load, FEW), meanwhile };
}
