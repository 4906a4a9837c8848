/** Part of main.ts: what changed goes to the router, and then to statuses, Events and the log. */
import type { Logger } from "pino";
import type { Metrics } from "../admin/metrics.ts";
import type { Model } from "../federation/model.ts";
import type { EventRecorder } from "../kubernetes/events.ts";
import type { SipFederationOperator } from "../kubernetes/operator-shell.ts";
import type { ReplicaLease } from "../kubernetes/replica-lease.ts";
import type { Learning } from "../reconcile/learning.ts";
import type { NextHops } from "../reconcile/next-hops.ts";
import { refusals, type UidOf } from "../reconcile/notices.ts";
import { ProgrammingLoop } from "../reconcile/programming.ts";
import type { Statuses } from "../reconcile/statuses.ts";
import { Story } from "../reconcile/story.ts";
import type { SipRouter } from "../router/sip-router.ts";

export interface ProgrammingJoints {
  readonly model: Model;
  readonly learning: Learning;
  readonly nextHops: NextHops;
  readonly metrics: Metrics;
  readonly replica: Pick<ReplicaLease, "publish">;
  readonly statuses: Statuses;
  readonly events: EventRecorder;
  readonly uidOf: UidOf;
  readonly log: Logger;
  readonly operator: () => Pick<SipFederationOperator, "current" | "resourceVersions">;
  readonly leader: () => { readonly leader: boolean };
  /** Resolves when new names of next hops are resolved, or have been waited for. */
  readonly named: () => Promise<void>;
  /** Undefined until it is there. */
  readonly router: () => SipRouter | undefined;
}

/** In milliseconds. */
const SECOND = 1_000;

export function joinProgramming(joints: ProgrammingJoints) {
  const { model, learning, nextHops, metrics, replica, statuses, events, uidOf, log } = joints;
  const { operator, leader, named, router } = joints;
  const story = new Story(log, uidOf);
  return new ProgrammingLoop({
    take: () => {
      const changes = model.takeChanges();
      learning.tableChanged(changes);
      if (changes.routeSets.size > 0) nextHops.follow();
      if (operator().current) learning.reconsider();
      return {
        changes: { ...changes, routeSets: new Set([...changes.routeSets, ...nextHops.takeMoved()]) },
        versions: operator().resourceVersions,
        settled: learning.takeSettled(),
        takenAt: performance.now(),
      };
    },
    apply: async (changes) => {
      await named();
      await metrics.reconcile("routing-table", async () => router()?.apply(changes));
    },
    applied: ({ versions, settled, takenAt }) => {
      metrics.programming.programmed((performance.now() - takenAt) / SECOND);
      replica.publish({ ready: true, applied: versions });
      // After the routing, which is in a hurry: with many domains the look at all verdicts takes its time.
      const verdicts = model.takeVerdictChanges();
      statuses.changed(verdicts, performance.now());
      statuses.advanced();
      const news = story.tell(model.openRoutes, verdicts, refusals(verdicts, model, uidOf));
      if (leader().leader) events.recordAll(news);
      void learning.forget(settled);
    },
    failed: (error, { settled }) => {
      metrics.programming.failed();
      learning.putBack(settled);
      log.warn({ err: error }, "the router could not be programmed");
    },
  });
}
