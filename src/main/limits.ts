/** Part of main.ts: joins the limits, what counts against them, and who is told when they bite. */
import type { Logger } from "pino";
import { DEFAULT_ROUTE_PATTERN } from "../api/names.ts";
import type { Config } from "../config/types.ts";
import type { DomainLimit, Finding, SourceLimit, VerdictChanges } from "../federation/types.ts";
import { Admissions } from "../reconcile/admissions.ts";
import { LimitAlarm } from "../reconcile/limit-alarm.ts";
import {
  DOMAIN_HELP,
  discoveryLimitName,
  domainWords,
  throttledDiscovery,
  throttledDomain,
} from "../reconcile/limit-words.ts";
import { type Notice, throttled, type UidOf } from "../reconcile/notices.ts";
import type { Kind } from "../reconcile/statuses.ts";
import { Throttling, type ThrottlingPorts } from "../reconcile/throttling.ts";

type Throttled = Parameters<ThrottlingPorts["publish"]>[0];

export interface LimitJoints {
  readonly config: Pick<Config, "discovery" | "limits">;
  /** Knows the StaticRoutes that open federation at this moment. */
  readonly model: { readonly openRoutes: readonly string[] };
  readonly replica: { publish(report: { readonly throttled: Throttled }): void };
  readonly replicas: { othersThrottled(): ReturnType<ThrottlingPorts["others"]> };
  readonly statuses: { changed(objects: VerdictChanges, now: number): void };
  readonly uidOf: UidOf;
  readonly events: { record(notice: Notice): void; recordAll(notices: readonly Notice[]): void };
  readonly log: Logger;
}

export function joinLimits(joints: LimitJoints) {
  const { config, model, replica, replicas, statuses, uidOf, events, log } = joints;
  const throttling = new Throttling({
    others: () => replicas.othersThrottled(),
    publish: (throttled) => {
      replica.publish({ throttled });
    },
    openRoutes: () => model.openRoutes,
    changed: (objects) => {
      statuses.changed(objects, performance.now());
    },
  });
  const alarm = new LimitAlarm(config.discovery, { model, uidOf, events, log });
  const admissions = new Admissions(config.discovery, {
    refused: (limit, direction, now) => {
      alarm.refused(limit, direction, now);
      throttling.bites(DEFAULT_ROUTE_PATTERN, discoveryLimitName(limit, direction), now);
    },
  });
  return {
    throttling,
    admissions,
    handlers: {
      domainLimited: (domain: string, limit: DomainLimit): void => {
        if (!throttling.bites(domain, limit, performance.now())) return;
        const { setting, note } = domainWords(config.limits, limit);
        log.warn({ domain, setting }, `a domain is limited: ${note}`);
        events.record(throttled(domain, uidOf("FederatedDomain", domain), `${note} ${DOMAIN_HELP}`));
      },
      sourceLimited: (source: string, limit: SourceLimit): void => {
        log.warn(
          { source, limit },
          "requests of a source were beyond a limit for strangers; this is a sample",
        );
      },
    },
    /** The condition Throttled; undefined while no limit bites. */
    condition: (kind: Kind, name: string): Finding | undefined => {
      if (kind === "FederatedDomain") return throttledDomain(config.limits, throttling.limits(name));
      if (!model.openRoutes.includes(name)) return undefined;
      return throttledDiscovery(config.discovery, throttling.limits(DEFAULT_ROUTE_PATTERN));
    },
  };
}
