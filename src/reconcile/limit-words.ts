import { type DiscoveryLimit, type DiscoveryLimits, mostLimitedDomains } from "../federation/discovery.ts";
import {
  type Direction,
  DOMAIN_LIMITS,
  type DomainLimit,
  type Finding,
  type StrangerLimits,
} from "../federation/types.ts";

/** What a limit says to people. */
export interface LimitWords {
  /** One CamelCase word. */
  readonly reason: string;
  /** The key of the configuration file. */
  readonly setting: string;
  /** What happens and what to do, in sentences. */
  readonly note: string;
}

/** A limit on discovery, as replicas tell each other: `<limit>/<direction>`. */
export function discoveryLimitName(limit: DiscoveryLimit, direction: Direction): string {
  return `${limit}/${direction}`;
}

export function discoveryWords(
  limits: DiscoveryLimits,
  limit: DiscoveryLimit,
  direction: Direction,
): LimitWords {
  const { ratePerSecond, burst, maxLimitedDomains } = limits;
  if (limit === "rate") {
    return {
      reason: "DiscoveryRateLimited",
      setting: "discovery.ratePerSecond",
      note: `More ${direction} domains are new than ${ratePerSecond} a second, after ${burst} at once: ${UNCACHED} If they are wanted, raise discovery.ratePerSecond or discovery.burst.`,
    };
  }
  const most = Math.ceil(mostLimitedDomains(limits, direction));
  const share = direction === "inbound" ? `, of which inbound discovery fills half` : "";
  return {
    reason: "TooManyLimitedDomains",
    setting: "discovery.maxLimitedDomains",
    note: `There are ${most} domains or more that nobody has adopted (trust: Limited), and discovery.maxLimitedDomains is ${maxLimitedDomains}${share}: ${UNCACHED} Adopt domains (trust: Full), delete them, or raise discovery.maxLimitedDomains.`,
  };
}

const UNCACHED = "further ones are served, but not remembered.";

export function domainWords(limits: StrangerLimits, limit: DomainLimit): LimitWords {
  switch (limit) {
    case "rate":
      return {
        reason: "TooManyRequests",
        setting: "limits.requestsPerSecond",
        note: `It sends more than ${limits.requestsPerSecond} requests a second (limits.requestsPerSecond).`,
      };
    case "failures":
      return {
        reason: "MostlyFailing",
        setting: "limits.failingPercent",
        note: `At least ${limits.failingPercent} % of its requests fail (limits.failingPercent): it has ${limits.failingRequestsPerSecond} a second.`,
      };
    case "recipients":
      return {
        reason: "TooManyRecipients",
        setting: "limits.recipientsPerDay",
        note: `It has written to or called ${limits.recipientsPerDay} different users in a day (limits.recipientsPerDay).`,
      };
  }
}

/** What is beyond the limits, and how they are lifted. */
export const DOMAIN_HELP =
  "What is beyond is answered with 480. If the domain is known and well, adopt it: spec.trust: Full.";

/** The condition Throttled of a FederatedDomain; undefined while no limit bites. */
export function throttledDomain(limits: StrangerLimits, biting: readonly string[]): Finding | undefined {
  const known = DOMAIN_LIMITS.filter((limit) => biting.includes(limit));
  const words = known.map((limit) => domainWords(limits, limit));
  return findingOf(words, DOMAIN_HELP);
}

/** The condition Throttled of an open default route; undefined while no limit bites. */
export function throttledDiscovery(limits: DiscoveryLimits, biting: readonly string[]): Finding | undefined {
  const words = DISCOVERY_LIMITS.filter(([limit, direction]) =>
    biting.includes(discoveryLimitName(limit, direction)),
  ).map(([limit, direction]) => discoveryWords(limits, limit, direction));
  return findingOf(words);
}

const DISCOVERY_LIMITS: readonly (readonly [DiscoveryLimit, Direction])[] = [
  ["limitedDomains", "outbound"],
  ["limitedDomains", "inbound"],
  ["rate", "outbound"],
  ["rate", "inbound"],
];

function findingOf(words: readonly LimitWords[], help?: string): Finding | undefined {
  const [first] = words;
  if (first === undefined) return undefined;
  const notes = [...words.map(({ note }) => note), ...(help === undefined ? [] : [help])];
  return { status: "True", reason: first.reason, message: notes.join(" ") };
}
