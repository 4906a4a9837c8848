/** Part of main.ts: what an explanation is made from. */
import { explain, nextHopsOf, type Explanation, type View, type Whereabouts } from "../federation/explain.ts";
import type { DiscoveryLimit } from "../federation/discovery.ts";
import type { Model } from "../federation/model.ts";
import type { Direction, NextHop, SipRequest } from "../federation/types.ts";
import { hopUri } from "../router/encode.ts";
import type { SipRouter } from "../router/sip-router.ts";

export interface ExplainJoints {
  readonly model: Model;
  readonly nextHops: { whereabouts(hop: NextHop): Whereabouts };
  /** Undefined until it is there. */
  readonly router: () => SipRouter | undefined;
  readonly learning: {
    readonly pending: number;
    memory(domain: string): ReturnType<View["memory"]>;
  };
  readonly admissions: { limit(direction: Direction, limitedDomains: number): DiscoveryLimit | undefined };
}

const LIMITS: Record<DiscoveryLimit, string> = {
  rate: "Too many new domains at once: discovery.ratePerSecond and discovery.burst leave no place for another one now.",
  limitedDomains:
    "There are too many domains of trust Limited: discovery.maxLimitedDomains leaves no place for another.",
};

/** Asks the router which next hops it passes over, and explains. */
export async function explainNow(joints: ExplainJoints, request: SipRequest): Promise<Explanation> {
  const { model, nextHops, router, learning, admissions } = joints;
  const view: View = {
    table: model.table,
    routes: model.routes,
    routeVerdict: (name) => model.routeVerdict(name),
    whereabouts: (hop) => nextHops.whereabouts(hop),
    memory: (domain) => learning.memory(domain),
    limit: (direction) => {
      const limit = admissions.limit(direction, model.limitedDomains + learning.pending);
      return limit && LIMITS[limit];
    },
  };
  const uris = nextHopsOf(view, request).flatMap((hop) =>
    nextHops.whereabouts(hop).addresses.map((where) => uriOf(hop, where)),
  );
  const down = (await router()?.down(uris)) ?? new Set();
  return explain({ ...view, whereabouts: (hop) => marked(hop, nextHops.whereabouts(hop), down) }, request);
}

function marked(hop: NextHop, { addresses, problem }: Whereabouts, down: ReadonlySet<string>): Whereabouts {
  return {
    addresses: addresses.map((where) => ({ ...where, failed: down.has(uriOf(hop, where)) })),
    problem,
  };
}

function uriOf(hop: NextHop, { address, port }: Whereabouts["addresses"][number]): string {
  return hopUri({ ...hop, host: address, port });
}
