import xml, { type Element } from "@xmpp/xml";
import { header, parameter } from "../sip/headers.ts";
import type { SipAnswer, SipRequest } from "../sip/types.ts";
import { bare, toSipUri } from "../translation/addresses.ts";
import { conditionOf, conditionOfStatus, errorFor, type Condition } from "../translation/errors.ts";
import { type PresenceState, UNAVAILABLE } from "../translation/presence-state.ts";
import { Follower } from "./follower.ts";
import { isRefusal, meaningOf } from "./refusals.ts";
import { managing, purposeOf } from "./stanzas.ts";
import type { SavedSubscription } from "./state.ts";
import { Subscriber } from "./subscriber.ts";
import type { Parties, Surroundings } from "./types.ts";

/** Subscriptions a second that are made or renewed without being asked for right now. */
const RENEWALS_A_SECOND = 20;
/** Failures in a row after which a contact who never approved counts as not there: after half an hour. */
const MAX_FAILURES = 6;
/** Failures in a row after which one who approved is gone, if the last one says so: after a day. */
const MAX_UNKNOWN = 30;

interface Entry {
  readonly follower: Follower;
  readonly subscriber: Subscriber;
}

/** XMPP users who watch SIP contacts (RFC 8048 §5.2, §6.3, §7.1). */
export class XmppWatchers {
  readonly #around: Surroundings;
  readonly #entries = new Map<string, Entry>();
  readonly #routes = new Map<string, Subscriber>();

  constructor(around: Surroundings) {
    this.#around = around;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Answers a NOTIFY. */
  fromSip({ headers, ...request }: SipRequest): SipAnswer {
    const tag = parameter(header(headers, "To") ?? "", "tag") ?? "";
    const subscriber = this.#routes.get(`${header(headers, "Call-ID") ?? ""} ${tag}`);
    return subscriber?.notified({ headers, ...request }) ?? { status: 481 };
  }

  /** Takes a presence stanza of a watcher. */
  async fromXmpp(stanza: Element, { from: watcher, to: contact }: Parties): Promise<void> {
    const entry = this.#entries.get(keyOf(watcher, contact));
    const from = String(stanza.attrs.from);
    switch (stanza.attrs.type as unknown) {
      case "subscribe":
        await this.#subscribe(stanza, entry, { from: watcher, to: contact });
        return;
      case "probe":
        await this.#probed(entry, from, { from: watcher, to: contact });
        return;
      case "unsubscribe":
        this.#unsubscribe(entry, { from: watcher, to: contact });
        return;
      case "error":
        this.#bounced(stanza, entry);
        return;
      case undefined:
      case "unavailable":
        this.#seen(entry, from, stanza.attrs.type === undefined);
    }
  }

  /** Looks after what is due; called every second. */
  tick(): void {
    let renewals = RENEWALS_A_SECOND;
    for (const entry of this.#entries.values()) {
      if (entry.follower.isOwed) this.#repeat(entry.follower);
      if (entry.subscriber.tick(renewals > 0)) renewals -= 1;
    }
  }

  /** Subscriptions as they are, to be written down. */
  save(): SavedSubscription[] {
    return [...this.#entries.values()].map(({ follower, subscriber }) => ({
      watcher: follower.watcher,
      contact: follower.contact,
      isApproved: follower.isApproved,
      shown: follower.shown,
      serving: subscriber.serving,
    }));
  }

  /** Goes on with what was written down. */
  restore({ watcher, contact, isApproved, shown, serving }: SavedSubscription): void {
    const entry = this.#add({ from: watcher, to: contact }, shown);
    if (entry === undefined) return;
    entry.follower.isApproved = isApproved;
    entry.subscriber.restore(serving);
  }

  async #subscribe(stanza: Element, known: Entry | undefined, parties: Parties): Promise<void> {
    if (known !== undefined) {
      const { follower, subscriber } = known;
      follower.heard();
      subscriber.wake();
      if (follower.isApproved)
        await this.#send(follower, [approval(follower), ...follower.current(parties.from)]);
      return;
    }
    const entry = this.#around.hasRoom() ? this.#add(parties) : undefined;
    if (entry !== undefined) void entry.subscriber.subscribe();
    else await this.#refuse(stanza, "resource-constraint");
  }

  /**
   * A server asks when its user comes online: the contact's presence, and the subscription where there is none (RFC 8048 §5.2.2).
   * The user's server would not ask for one who was never approved, so this is how a state that was lost comes back.
   */
  async #probed(known: Entry | undefined, from: string, parties: Parties): Promise<void> {
    const entry = known ?? (this.#around.hasRoom() ? this.#add(parties) : undefined);
    if (entry === undefined) return;
    entry.follower.heard();
    if (known === undefined) void entry.subscriber.subscribe();
    else entry.subscriber.wake();
    if (!entry.follower.isApproved || !entry.subscriber.isServed) return;
    await Promise.all(entry.follower.current(from).map((answer) => this.#around.xmpp.send(answer)));
  }

  #unsubscribe(entry: Entry | undefined, { from, to }: Parties): void {
    if (entry !== undefined) this.#remove(entry);
    const ended = entry?.subscriber.end() ?? Promise.resolve();
    void ended.then(() => this.#around.xmpp.send(managing("unsubscribed", to, from, "tell")));
  }

  #bounced(stanza: Element, entry: Entry | undefined): void {
    if (entry === undefined || purposeOf(stanza) !== "tell") return;
    if (!isRefusal(conditionOf(stanza))) {
      entry.follower.bounced();
      return;
    }
    this.#remove(entry);
    void entry.subscriber.end();
  }

  #seen(entry: Entry | undefined, from: string, available: boolean): void {
    if (entry === undefined) return;
    entry.follower.seen(from.slice(bare(from).length + 1), available);
    if (available) entry.subscriber.wake();
  }

  #add({ from: watcher, to: contact }: Parties, shown: readonly string[] = []): Entry | undefined {
    const watcherUri = toSipUri(watcher);
    const contactUri = toSipUri(contact);
    if (watcherUri === undefined || contactUri === undefined) return undefined;
    const follower = new Follower(watcher, contact, shown);
    const subscriber = new Subscriber(this.#around, { watcherUri, contactUri }, this.#routes, {
      isWanted: () => follower.isPresent,
      active: (states) => {
        this.#active(follower, states);
      },
      lost: () => {
        void this.#send(follower, follower.update([]));
      },
      forgotten: () => {
        this.#forget(entry);
      },
      unknown: (status): boolean => !follower.isApproved && this.#refused(entry, status),
      failing: (status, times) => {
        this.#failing(entry, status, times);
      },
    });
    const entry: Entry = { follower, subscriber };
    this.#entries.set(keyOf(watcher, contact), entry);
    this.#around.changed();
    return entry;
  }

  /** Without a document the contact is unknown, or closed (RFC 8048 §5.2.1); later ones without it say nothing new. */
  #active(follower: Follower, states: readonly PresenceState[] | undefined): void {
    const isFirst = !follower.isApproved;
    follower.isApproved = true;
    const told = states ?? (isFirst ? [UNAVAILABLE] : undefined);
    const stanzas = [
      ...(isFirst ? [approval(follower)] : []),
      ...(told === undefined ? [] : follower.update(told)),
    ];
    void this.#send(follower, stanzas);
    this.#around.changed(!isFirst);
  }

  /** The contact's server sends `unavailable` first (RFC 6121 §3.2.2). */
  #forget(entry: Entry): void {
    const { follower } = entry;
    this.#remove(entry);
    entry.subscriber.close();
    const { contact, watcher } = follower;
    void this.#send(follower, [...follower.update([]), managing("unsubscribed", contact, watcher, "tell")]);
  }

  /** Nobody was ever approved: so the watcher gets the error, and that was it. */
  #refused(entry: Entry, status: number): true {
    const { watcher, contact } = entry.follower;
    this.#remove(entry);
    entry.subscriber.close();
    void this.#refuse(xml("presence", { from: watcher, to: contact }), conditionOfStatus(status));
    return true;
  }

  /** What was approved outlives errors (RFC 8048 §5.2.2), a route that is missing for a while too. */
  #failing(entry: Entry, status: number, times: number): void {
    if (!entry.follower.isApproved && times >= MAX_FAILURES) this.#refused(entry, status);
    else if (times >= MAX_UNKNOWN && meaningOf(status) === "unknown") this.#forget(entry);
  }

  async #refuse(stanza: Element, condition: Condition): Promise<void> {
    const error = errorFor(stanza, condition);
    if (error !== undefined) await this.#around.xmpp.send(error);
  }

  #remove({ follower }: Entry): void {
    this.#entries.delete(keyOf(follower.watcher, follower.contact));
    this.#around.changed();
  }

  #repeat(follower: Follower): void {
    follower.isOwed = false;
    if (follower.isApproved)
      void this.#send(follower, [approval(follower), ...follower.current(follower.watcher)]);
  }

  /** In their order; what cannot be handed over is owed. */
  async #send(follower: Follower, stanzas: readonly Element[]): Promise<void> {
    const sent = await Promise.all(stanzas.map((stanza) => this.#around.xmpp.send(stanza)));
    if (sent.includes(false)) follower.isOwed = true;
  }
}

function keyOf(watcher: string, contact: string): string {
  return `${watcher} ${contact}`;
}

function approval({ contact, watcher }: Follower): Element {
  return managing("subscribed", contact, watcher, "tell");
}
