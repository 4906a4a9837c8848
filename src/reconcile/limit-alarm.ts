import type { DiscoveryLimit, DiscoveryLimits } from "../federation/discovery.ts";
import type { Direction } from "../federation/types.ts";
import { discoveryWords } from "./limit-words.ts";
import { type Notice, regarding, type UidOf } from "./notices.ts";

export interface LimitAlarmPorts {
  /** Knows the StaticRoutes that open federation at this moment. */
  readonly model: { readonly openRoutes: readonly string[] };
  readonly uidOf: UidOf;
  readonly events: { recordAll(notices: readonly Notice[]): void };
  readonly log: { warn(fields: object, message: string): void };
}

/** The same is told again after this time at the earliest; milliseconds. */
const QUIET_MS = 60_000;

interface Told {
  readonly at: number;
  /** Refusals since then. */
  untold: number;
}

/**
 * Tells that a limit on discovery bites, once a minute for each limit and direction: in the log, and on the default
 * routes that are open. Its Events need no sampling beside that; discoveries, of which there are many just then, would
 * leave them no room among the samples.
 */
export class LimitAlarm {
  readonly #limits: DiscoveryLimits;
  readonly #ports: LimitAlarmPorts;
  readonly #told = new Map<string, Told>();

  constructor(limits: DiscoveryLimits, ports: LimitAlarmPorts) {
    this.#limits = limits;
    this.#ports = ports;
  }

  /** A domain was refused a place. `now` in milliseconds, of a clock that never goes back. */
  refused(limit: DiscoveryLimit, direction: Direction, now: number): void {
    const key = `${limit} ${direction}`;
    const told = this.#told.get(key);
    if (told !== undefined && now - told.at < QUIET_MS) {
      told.untold += 1;
      return;
    }
    this.#told.set(key, { at: now, untold: 0 });
    this.#tell(limit, direction, 1 + (told?.untold ?? 0));
  }

  #tell(limit: DiscoveryLimit, direction: Direction, times: number): void {
    const { model, uidOf, events, log } = this.#ports;
    const { reason, setting, note } = discoveryWords(this.#limits, limit, direction);
    log.warn({ setting, direction, times }, note);
    events.recordAll(
      model.openRoutes.map((name) => ({
        regarding: regarding("StaticRoute", name, uidOf("StaticRoute", name)),
        type: "Warning",
        reason,
        action: direction === "inbound" ? "DiscoverInbound" : "DiscoverOutbound",
        note,
      })),
    );
  }
}
