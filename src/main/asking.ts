/** Part of main.ts: whom an unknown domain is asked by, and who is told of it. */
import type { Logger } from "pino";
import type { Config } from "../config/types.ts";
import { isUnknown } from "../federation/discovery.ts";
import type { RoutingTable, VerdictChanges } from "../federation/types.ts";
import { Asking, type XmppAnswer } from "../reconcile/asking.ts";
import type { Learning } from "../reconcile/learning.ts";
import type { Notice, UidOf } from "../reconcile/notices.ts";
import { XmppDiscovery } from "../reconcile/xmpp-discovery.ts";

export interface AskingJoints {
  readonly config: Pick<Config, "xmpp">;
  /** Undefined where there is no XMPP gateway. */
  readonly ask: ((domain: string) => Promise<XmppAnswer>) | undefined;
  readonly model: { readonly table: RoutingTable; readonly openRoutes: readonly string[] };
  readonly learning: Learning;
  readonly statuses: { changed(objects: VerdictChanges, now: number): void };
  readonly uidOf: UidOf;
  readonly events: { recordAll(notices: readonly Notice[]): void };
  readonly log: Logger;
}

export function joinAsking(joints: AskingJoints) {
  const { config, ask, model, learning, statuses, uidOf, events, log } = joints;
  const downgradeToSip = config.xmpp?.downgradeToSip ?? false;
  const news = new XmppDiscovery({
    ...{ model, uidOf, events, log, downgradeToSip },
    changed: () => {
      statuses.changed({ routes: new Set(model.openRoutes), domains: new Set() }, performance.now());
    },
  });
  const asking = new Asking({
    ...{ learning, ask, downgradeToSip },
    isUnknown: (domain, direction) => isUnknown(model.table, domain, direction),
    untrusted: (domain) => {
      news.untrusted(domain, performance.now());
    },
  });
  return {
    asking,
    news,
    /** The condition XmppDiscovery of a route; undefined where it has none. */
    condition: (route: string) => (ask === undefined ? undefined : news.condition(route)),
  };
}
