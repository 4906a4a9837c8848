import type { Finding } from "../federation/types.ts";

export interface ReachabilityPorts {
  /** As this replica sees it; undefined where no request goes by the route. */
  own(route: string): Finding | "unknown" | undefined;
  /** Whether every other ready replica, too, says that nobody is reached by the route. */
  othersAgree(route: string): boolean;
  /** A change that a person should notice. */
  changed(route: string, finding: Finding): void;
}

/** A next hop that comes and goes changes its condition once in this time. */
const CALM_MS = 60_000;
/** For so long a first result is waited for. */
const PATIENCE_MS = 10_000;

const ELSEWHERE: Finding = {
  status: "True",
  reason: "AnswersElsewhere",
  message: "The next hop answers probes of some replica, not of all.",
};
const NOT_PROBED: Finding = {
  status: "Unknown",
  reason: "NotProbed",
  message: "There was no probe of the next hop yet: the router of the leading replica is away.",
};

interface Told {
  readonly finding: Finding;
  /** When its status became another, by the clock of the caller. */
  readonly since: number;
}

/**
 * The condition NextHopReachable over all replicas, as the leader tells it: False only where nobody is reached from any
 * of them, and at most one change a minute, so that a flapping next hop does not flood the API.
 */
export class Reachability {
  readonly #ports: ReachabilityPorts;
  readonly #told = new Map<string, Told>();
  /** Routes without a result, since when. */
  readonly #waiting = new Map<string, number>();
  /** Routes that have something else to tell as soon as it is allowed. */
  readonly #held = new Set<string>();

  constructor(ports: ReachabilityPorts) {
    this.#ports = ports;
  }

  /**
   * The condition as it should be; "wait" until there is a result, undefined where there is none to tell.
   * @param now milliseconds on a clock that never goes back
   */
  finding(route: string, now: number): Finding | "wait" | undefined {
    const found = this.#overall(route);
    this.#held.delete(route);
    if (found === "unknown") return this.#unknown(route, now);
    this.#waiting.delete(route);
    if (found === undefined) {
      this.#told.delete(route);
      return undefined;
    }
    return this.#tell(route, found, now);
  }

  /** Routes whose condition may be told anew, called every now and then. */
  takeDue(now: number): ReadonlySet<string> {
    const held = [...this.#held].filter((route) => now - (this.#told.get(route)?.since ?? 0) >= CALM_MS);
    const waiting = [...this.#waiting].filter(([, since]) => now - since >= PATIENCE_MS);
    for (const route of held) this.#held.delete(route);
    for (const [route] of waiting) this.#waiting.set(route, Infinity);
    return new Set([...held, ...waiting.map(([route]) => route)]);
  }

  #overall(route: string): Finding | "unknown" | undefined {
    const own = this.#ports.own(route);
    if (typeof own !== "object" || own.status !== "False") return own;
    return this.#ports.othersAgree(route) ? own : ELSEWHERE;
  }

  #unknown(route: string, now: number): Finding | "wait" {
    const told = this.#told.get(route);
    if (told) return told.finding;
    const since = this.#waiting.get(route) ?? now;
    this.#waiting.set(route, since);
    return since === Infinity || now - since >= PATIENCE_MS ? NOT_PROBED : "wait";
  }

  #tell(route: string, found: Finding, now: number): Finding {
    const told = this.#told.get(route);
    if (told?.finding.status === found.status) {
      this.#told.set(route, { finding: found, since: told.since });
      return found;
    }
    if (told && now - told.since < CALM_MS) {
      this.#held.add(route);
      return told.finding;
    }
    this.#told.set(route, { finding: found, since: told ? now : -Infinity });
    // one that answers from the start is no news
    if (told || found.status === "False") this.#ports.changed(route, found);
    return found;
  }
}
