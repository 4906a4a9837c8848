/** Part of main.ts: joins what finds next hops, what probes them, and who is told. */
import { join } from "node:path";
import type { Logger } from "pino";
import type { Config } from "../config/types.ts";
import { AddressBook } from "../dns/address-book.ts";
import { HopResolver } from "../dns/hop-resolver.ts";
import type { Finding, RoutingTable } from "../federation/types.ts";
import { NextHops } from "../reconcile/next-hops.ts";
import { Reachability } from "../reconcile/reachability.ts";
import { hopUri } from "../router/encode.ts";
import type { SipRouter } from "../router/sip-router.ts";

/** How long new names of next hops are waited for, in milliseconds: as a quick answer takes. */
const FIRST_ANSWER_MS = 500;

export interface NextHopJoints {
  readonly config: Pick<Config, "nextHops" | "router">;
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
  readonly log: Logger;
}

export function joinNextHops(joints: NextHopJoints) {
  const { config, table, router, moved, changed, othersAgree, news, log } = joints;
  const { dnsServers } = config.nextHops;
  const book = new AddressBook(join(config.router.snapshotDirectory, "next-hops.json"), log);
  const resolver = new HopResolver({
    changed: (hops) => {
      for (const hop of hops) {
        const targets = resolver.targets(hop);
        if (targets) book.enter(hop, targets);
      }
      nextHops.resolved(hops);
    },
    ...(dnsServers.length > 0 && { servers: dnsServers }),
  });
  const nextHops: NextHops = new NextHops({
    table,
    resolver: {
      follow: (hops) => {
        const all = [...hops];
        resolver.follow(all);
        book.keep(all);
      },
      targets: (hop) => resolver.targets(hop) ?? book.targets(hop),
      problem: (hop) => resolver.problem(hop),
    },
    prober: {
      follow: (hops) => router()?.probe(hops),
      isAlive: (uri) => router()?.probed(uri).alive,
      problem: (uri) => router()?.probed(uri).problem,
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
    stopNaming: async (): Promise<void> => {
      resolver.stop();
      await book.flush();
    },
  };
}
