/** Part of main.ts: joins what finds next hops, what probes them, and who is told. */
import type { NextHopsConfig } from "../config/types.ts";
import { HopResolver } from "../dns/hop-resolver.ts";
import type { Finding, RoutingTable } from "../federation/types.ts";
import { NextHops } from "../reconcile/next-hops.ts";
import { Reachability } from "../reconcile/reachability.ts";
import { hopUri } from "../router/encode.ts";
import type { SipRouter } from "../router/sip-router.ts";

/** How long new names of next hops are waited for, in milliseconds: as a quick answer takes. */
const FIRST_ANSWER_MS = 500;

export interface NextHopJoints {
  readonly config: NextHopsConfig;
  readonly table: RoutingTable;
  /** Undefined until it is there. */
  readonly router: () => SipRouter | undefined;
  /** Names lead elsewhere: the routing table is to be programmed anew. */
  readonly moved: () => void;
  /** Routes whose next hop may answer, or not any more. */
  readonly changed: (routes: ReadonlySet<string>) => void;
  readonly othersAgree: (route: string) => boolean;
  /** A person should notice. */
  readonly news: (route: string, finding: Finding) => void;
}

export function joinNextHops({ config, table, router, moved, changed, othersAgree, news }: NextHopJoints) {
  const { dnsServers } = config;
  const resolver = new HopResolver({
    changed: (hops) => {
      nextHops.resolved(hops);
    },
    ...(dnsServers.length > 0 && { servers: dnsServers }),
  });
  const nextHops: NextHops = new NextHops({
    table,
    resolver,
    prober: {
      follow: (hops) => router()?.probe(hops),
      isAlive: (uri) => router()?.probed(uri).alive,
    },
    uriOf: hopUri,
    moved,
    changed,
  });
  const reachability = new Reachability({
    own: (route) => nextHops.reachability(route),
    othersAgree,
    changed: news,
  });
  return {
    nextHops,
    reachability,
    /** A route works when it is Programmed, if DNS is quick. */
    named: (): Promise<void> => resolver.ready(FIRST_ANSWER_MS),
    stopNaming: (): void => {
      resolver.stop();
    },
  };
}
