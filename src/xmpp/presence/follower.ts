import type { Element } from "@xmpp/xml";
import { presenceStanza, type PresenceState, UNAVAILABLE } from "../translation/presence-state.ts";
import { stanzaId } from "./stanzas.ts";

/** Devices of a watcher that are remembered. */
const MAX_RESOURCES = 20;
/** Notifications that nobody took, in a row, after which nobody seems to be there. */
const MAX_BOUNCES = 5;

/** What an XMPP user sees of a SIP contact. */
export class Follower {
  /** Bare JIDs. */
  readonly watcher: string;
  readonly contact: string;
  /** The contact has approved, and the watcher was told `subscribed`. */
  isApproved = false;
  /** The watcher could not be told everything. */
  isOwed = false;
  #states: readonly PresenceState[] = [];
  /** Resources that the watcher sees as available; the empty one is the contact as a whole. */
  #shown: Set<string>;
  /** The watcher's own devices; undefined while they were never heard of, as without mutual subscriptions. */
  #devices: Set<string> | undefined;
  #bounces = 0;

  constructor(watcher: string, contact: string, shown: readonly string[] = []) {
    this.watcher = watcher;
    this.contact = contact;
    this.#shown = new Set(shown);
  }

  get shown(): string[] {
    return [...this.#shown];
  }

  /** False when the watcher has gone offline: then nobody looks until one of the devices is back. */
  get isPresent(): boolean {
    return this.#devices?.size !== 0 && this.#bounces < MAX_BOUNCES;
  }

  /** One of the watcher's devices is available, or no longer. */
  seen(resource: string, available: boolean): void {
    this.#bounces = 0;
    // a server says `unavailable` for the user as a whole when it only takes note of a request
    if (!available) this.#devices?.delete(resource);
    else if ((this.#devices?.size ?? 0) < MAX_RESOURCES)
      this.#devices = (this.#devices ?? new Set()).add(resource);
  }

  /** Something else came from the watcher, who thus is there. */
  heard(): void {
    this.#bounces = 0;
    if (this.#devices?.size === 0) this.#devices = undefined;
  }

  bounced(): void {
    this.#bounces += 1;
  }

  /** The contact is so from now on; what the watcher has to be told for it. */
  update(states: readonly PresenceState[]): Element[] {
    this.#states = states;
    const available = states.filter((state) => state.available);
    const resources = new Set(available.map(({ resource }) => resource ?? ""));
    const over = [...this.#shown].filter((resource) => !resources.has(resource));
    const isNews = available.length > 0 || over.length > 0;
    this.#shown = resources;
    return [
      ...available.map((state) => this.#stanza(state, this.watcher)),
      ...over.map((resource) => this.#stanza(this.#farewell(resource), this.watcher)),
      ...(isNews || states.length === 0 ? [] : [this.#stanza(this.#closed(), this.watcher)]),
    ];
  }

  /** How the contact is, for one who asks. @param to The watcher, or one of the watcher's devices. */
  current(to: string): Element[] {
    const available = this.#states.filter((state) => state.available);
    return (available.length === 0 ? [this.#closed()] : available).map((state) => this.#stanza(state, to));
  }

  #farewell(resource: string): PresenceState {
    const own = this.#states.find((state) => (state.resource ?? "") === resource);
    return { ...(own ?? UNAVAILABLE), resource: resource === "" ? undefined : resource };
  }

  #closed(): PresenceState {
    return { ...(this.#states[0] ?? UNAVAILABLE), resource: undefined };
  }

  #stanza(state: PresenceState, to: string): Element {
    return presenceStanza(state, this.contact, to, stanzaId("tell"));
  }
}
