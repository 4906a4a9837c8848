/** Part of main.ts: a FederatedDomain as the console lists it. */
import type { DomainRow, DomainState, ServedBy } from "../../admin/console/types.ts";
import { explicitSet } from "../../federation/lookup.ts";
import type { Model } from "../../federation/model.ts";
import { patternsOfKey } from "../../federation/patterns.ts";
import type { DomainVerdict, RouteSet } from "../../federation/types.ts";
import type { CachedDomain } from "../../kubernetes/cached.ts";

export interface RowJoints {
  readonly model: Pick<Model, "table" | "routes" | "domainVerdict">;
  readonly domains: { get(name: string): CachedDomain | undefined };
  /** Whether a limit for strangers bites for the domain. */
  readonly throttled: (domain: string) => boolean;
  /** When it last had requests, in milliseconds since 1970. */
  readonly activity: (domain: string) => number | undefined;
}

const BY_XMPP: ServedBy = { kind: "XMPP" };
const BY_NOTHING: ServedBy = { kind: "Nothing" };
const BY_DEFAULT: ServedBy = { kind: "Default", pattern: ".*" };

/** Makes rows. Domains that are served by the same routes share what says so. */
export class Rows {
  readonly #joints: RowJoints;
  readonly #ofSet = new WeakMap<RouteSet, ServedBy>();

  constructor(joints: RowJoints) {
    this.#joints = joints;
  }

  /** Undefined where there is no such FederatedDomain. */
  row(name: string): DomainRow | undefined {
    const { model, domains, activity } = this.#joints;
    const entry = domains.get(name);
    const verdict = model.domainVerdict(name);
    if (!entry || !verdict) return undefined;
    const { uid, object, discovered, created } = entry;
    const { policy, protocol, trust, description } = object.spec;
    const at = activity(name);
    return {
      ...{ name, uid, policy, protocol, trust },
      origin: discovered ? "discovered" : "written",
      created: created * 1000,
      ...(description !== undefined && { description }),
      state: this.#state(entry, verdict),
      servedBy: this.#servedBy(name, verdict),
      ...(at !== undefined && { activity: at }),
    };
  }

  #state(entry: CachedDomain, { accepted, routed }: DomainVerdict): DomainState {
    const { model, throttled } = this.#joints;
    if (accepted.status === "False") return "NotAccepted";
    if (routed.reason === "Blocked") return "Blocked";
    const lacksGateway = routed.reason === "XMPP" && model.table.config.xmpp !== true;
    if (routed.status === "False" || lacksGateway) return "NoRoute";
    if (throttled(entry.name)) return "Throttled";
    return entry.programmed ? "Ready" : "Pending";
  }

  #servedBy(name: string, { routed }: DomainVerdict): ServedBy {
    if (routed.reason === "XMPP") return BY_XMPP;
    if (routed.reason === "DefaultRoute") return BY_DEFAULT;
    const set = explicitSet(this.#joints.model.table.routeSets, name);
    const isServed = routed.reason === "ExplicitRoute" || (routed.reason === "Blocked" && set?.blocked);
    return set && isServed ? this.#bySet(set) : BY_NOTHING;
  }

  #bySet(set: RouteSet): ServedBy {
    const known = this.#ofSet.get(set);
    if (known) return known;
    const { routes } = this.#joints.model;
    const route = set.blockedBy ?? set.hops[0]?.route;
    const result = route === undefined ? undefined : routes.get(route);
    const pattern = (result?.ok ? result.route.pattern.text : undefined) ?? patternsOfKey(set.key)[0];
    const more = Math.max(0, set.hops.length - 1);
    const servedBy: ServedBy = {
      kind: "Explicit",
      pattern,
      ...(route !== undefined && { route }),
      ...(more > 0 && { more }),
    };
    this.#ofSet.set(set, servedBy);
    return servedBy;
  }
}
