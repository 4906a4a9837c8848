import { UNAVAILABLE, type PresenceState, type Show } from "../translation/presence-state.ts";
import type { Notifier } from "./notifier.ts";

/** A subscription of a SIP user agent. */
export interface WatcherDialog {
  readonly watch: Watch;
  readonly notifier: Notifier;
  readonly event: string;
  /** Milliseconds since 1970. */
  expiresAt: number;
}

/** Devices of a contact that are remembered. */
const MAX_RESOURCES = 20;
const AVAILABILITY: Readonly<Record<Show | "none", number>> = { chat: 4, none: 3, dnd: 2, away: 1, xa: 0 };

/** A SIP user who watches a contact over XMPP, with as many user agents as there are dialogs. */
export class Watch {
  readonly watcher: string;
  readonly contact: string;
  readonly dialogs = new Set<WatcherDialog>();
  /** The contact has said `subscribed`. */
  isActive = false;
  /** `subscribe` is on its way, or went out. */
  asked: Promise<boolean> | undefined;
  /** The contact's server has to be asked how things are; `unheard`: unless it says so by itself. */
  wantsProbe: boolean | "unheard" = false;
  /** Milliseconds since 1970 when the contact was last heard of; undefined: nothing is known. */
  heardAt: number | undefined;
  readonly #resources = new Map<string, PresenceState>();
  #farewell: PresenceState | undefined;

  constructor(watcher: string, contact: string) {
    this.watcher = watcher;
    this.contact = contact;
  }

  get isProbeDue(): boolean {
    return this.wantsProbe === "unheard" ? this.heardAt === undefined : this.wantsProbe;
  }

  /** A device of the contact, or the contact as a whole, is so from now on. */
  hear(state: PresenceState, now: number): void {
    this.heardAt = now;
    const key = state.resource ?? "";
    this.#resources.delete(key);
    if (state.available) this.#resources.set(key, state);
    else if (key === "") this.#resources.clear();
    if (!state.available) this.#farewell = state;
    const [oldest] = this.#resources.keys();
    if (this.#resources.size > MAX_RESOURCES && oldest !== undefined) this.#resources.delete(oldest);
  }

  /** Nobody can say how the contact is, which comes to unavailable. */
  lose(now: number): void {
    this.hear({ ...UNAVAILABLE }, now);
  }

  /**
   * What there is to tell of the contact: the device of the highest priority, of several the most available one (RFC 8048
   * §6.2), the last heard of. Undefined while nothing is known.
   */
  best(): PresenceState | undefined {
    if (!this.isActive || this.heardAt === undefined) return undefined;
    return (
      [...this.#resources.values()].reduce<PresenceState | undefined>(better, undefined) ?? this.#farewell
    );
  }
}

function better(one: PresenceState | undefined, other: PresenceState): PresenceState {
  if (one === undefined) return other;
  const byPriority = (other.priority ?? 0) - (one.priority ?? 0);
  const byShow = AVAILABILITY[other.show ?? "none"] - AVAILABILITY[one.show ?? "none"];
  return (byPriority === 0 ? byShow : byPriority) >= 0 ? other : one;
}
