import { randomBytes } from "node:crypto";
import type { Element } from "@xmpp/xml";
import { afterRequest, dialogOfPeer, isOfDialog, type Dialog } from "../sip/dialog.ts";
import { header, parameter } from "../sip/headers.ts";
import type { SipAnswer, SipRequest } from "../sip/types.ts";
import { toSipUri } from "../translation/addresses.ts";
import { conditionOf } from "../translation/errors.ts";
import { pidfOf } from "../translation/pidf.ts";
import { presenceOf, type PresenceState, UNAVAILABLE } from "../translation/presence-state.ts";
import { Notifier, type Notification } from "./notifier.ts";
import { Polls } from "./polls.ts";
import { isRefusal, TERMINATED, terminationOf } from "./refusals.ts";
import { managing, purposeOf } from "./stanzas.ts";
import type { SavedDialog } from "./state.ts";
import { readWish, userOf, type Wish } from "./subscribe-request.ts";
import type { Parties, Surroundings } from "./types.ts";
import { Watch, type WatcherDialog } from "./watch.ts";

/** Who is not heard of for so long is asked about again when a subscription is renewed, in milliseconds. */
const STALE_MS = 300_000;
/** Stanzas a second to contacts that are owed one. */
const OWED_A_SECOND = 20;

/**
 * SIP users who watch contacts over XMPP (RFC 8048 §5.3, §6.2, §7.2). Each dialog gets the presence that the contact's server
 * sends to its own watcher, and nothing else.
 */
export class SipWatchers {
  readonly #around: Surroundings;
  readonly #polls: Polls;
  readonly #watches = new Map<string, Watch>();
  readonly #dialogs = new Map<string, WatcherDialog>();

  constructor(around: Surroundings) {
    this.#around = around;
    this.#polls = new Polls(around);
  }

  get size(): number {
    return this.#dialogs.size + this.#polls.size;
  }

  /** Answers a SUBSCRIBE. */
  async fromSip(request: SipRequest): Promise<SipAnswer> {
    const wish = readWish(request);
    if (!wish.ok) return wish.answer;
    const callId = header(request.headers, "Call-ID") ?? "";
    const tag = parameter(header(request.headers, "To") ?? "", "tag");
    if (tag !== undefined) return this.#inside(request, wish, this.#dialogs.get(keyOf(callId, tag)));
    const watcher = userOf(header(request.headers, "From"));
    if (watcher === undefined) return { status: 400, reason: "Bad From" };
    const contact = userOf(request.uri);
    if (contact === undefined) return { status: 404 };
    const dialog = dialogOfPeer(request, randomBytes(8).toString("hex"));
    if (dialog === undefined) return { status: 400, reason: "No Dialog" };
    return this.#outside(wish, dialog, { from: watcher, to: contact });
  }

  /** Takes a presence stanza of a contact. */
  fromXmpp(stanza: Element, { from: contact, to: watcher }: Parties): void {
    const type = stanza.attrs.type as unknown;
    const watch = this.#watches.get(keyOf(watcher, contact));
    if (type === "subscribed") this.#approved(watch);
    else if (type === "unsubscribed") this.#refused(watch, { from: watcher, to: contact });
    else if (type === "error") this.#failed(stanza, watch, { from: watcher, to: contact });
    const state = presenceOf(stanza);
    if (state !== undefined) this.#heard(state, watch, { from: watcher, to: contact });
  }

  /** Looks after what is due; called every second. */
  tick(): void {
    const now = this.#around.clock.now();
    for (const dialog of this.#dialogs.values()) {
      if (dialog.expiresAt <= now) this.#end(dialog, { state: "terminated", parameters: TERMINATED.timeout });
    }
    let owed = OWED_A_SECOND;
    for (const watch of this.#watches.values()) {
      if (owed === 0) return;
      if (watch.isActive ? !watch.isProbeDue : watch.asked !== undefined) continue;
      owed -= 1;
      if (watch.isActive) void this.#probe(watch);
      else void this.#ask(watch);
    }
  }

  /** Dialogs as they are, to be written down. */
  save(): SavedDialog[] {
    return [...this.#dialogs.values()].map(({ watch, notifier, event, expiresAt }) => ({
      watcher: watch.watcher,
      contact: watch.contact,
      isActive: watch.isActive,
      event,
      expiresAt,
      seq: notifier.seq,
      dialog: notifier.dialog,
    }));
  }

  /** Goes on with a dialog that was written down: how the contact is will be asked. */
  restore(saved: SavedDialog): void {
    const watch = this.#watchOf(saved.watcher, saved.contact);
    watch.isActive ||= saved.isActive;
    watch.wantsProbe = watch.isActive;
    this.#add(watch, saved).notifier.open();
  }

  async #outside(wish: Wish, dialog: Dialog, { from: watcher, to: contact }: Parties): Promise<SipAnswer> {
    const known = this.#watches.get(keyOf(watcher, contact));
    const again = [...(known?.dialogs ?? [])].find(({ notifier }) => isSame(notifier.dialog, dialog));
    if (again !== undefined) return this.#renew(again, wish);
    if (!this.#around.hasRoom()) return later(300);
    if (wish.expires === 0) return this.#poll(wish, dialog, { from: watcher, to: contact });
    const watch = known ?? this.#watchOf(watcher, contact);
    const expiresAt = this.#around.clock.now() + wish.expires * 1000;
    const added = this.#add(watch, { dialog, event: wish.event, expiresAt, seq: 0 });
    if (!watch.isActive && !(await this.#ask(watch))) {
      this.#remove(added);
      return later(60);
    }
    this.#around.changed();
    return this.#granted(added, wish);
  }

  #inside(request: SipRequest, wish: Wish, known: WatcherDialog | undefined): SipAnswer {
    if (known === undefined || !isOfDialog(known.notifier.dialog, request)) return { status: 481 };
    const dialog = afterRequest(known.notifier.dialog, request);
    if (dialog === undefined) return { status: 500, reason: "CSeq Out of Order" };
    known.notifier.dialog = dialog;
    return this.#renew(known, wish);
  }

  #renew(dialog: WatcherDialog, wish: Wish): SipAnswer {
    const { watch } = dialog;
    const now = this.#around.clock.now();
    if (wish.expires === 0) {
      const document = this.#document(watch.contact, watch.isActive ? UNAVAILABLE : undefined);
      this.#end(dialog, { state: "terminated", parameters: TERMINATED.timeout, ...document });
      return this.#answer(dialog, 0);
    }
    dialog.expiresAt = now + wish.expires * 1000;
    if (watch.isActive && (watch.heardAt ?? 0) + STALE_MS <= now) void this.#probe(watch);
    if (!watch.isActive) void this.#ask(watch);
    this.#around.changed(true);
    return this.#granted(dialog, wish);
  }

  #granted(dialog: WatcherDialog, { expires }: Wish): SipAnswer {
    dialog.notifier.wake(true);
    dialog.notifier.open();
    return this.#answer(dialog, expires);
  }

  #answer({ notifier }: WatcherDialog, expires: number): SipAnswer {
    return accepted(notifier.dialog, this.#around.contact, expires);
  }

  async #poll(wish: Wish, dialog: Dialog, parties: Parties): Promise<SipAnswer> {
    const watch = this.#watches.get(keyOf(parties.from, parties.to));
    const document = (state: PresenceState | undefined) => this.#document(parties.to, state);
    const known = watch === undefined ? undefined : { state: watch.best() };
    if (!(await this.#polls.add(dialog, wish.event, parties, document, known))) return later(60);
    return accepted(dialog, this.#around.contact, 0);
  }

  #approved(watch: Watch | undefined): void {
    if (watch === undefined || watch.isActive) return;
    watch.isActive = true;
    // to who asks again, after a state that was lost, servers say yes and no more
    watch.wantsProbe = "unheard";
    for (const { notifier } of watch.dialogs) notifier.wake();
    this.#around.changed();
  }

  #refused(watch: Watch | undefined, parties: Parties): void {
    this.#polls.hear(parties, undefined);
    if (watch !== undefined) this.#endAll(watch, TERMINATED.rejected);
  }

  #failed(stanza: Element, watch: Watch | undefined, parties: Parties): void {
    const purpose = purposeOf(stanza);
    if (purpose === "probe") this.#polls.hear(parties, undefined);
    if (watch === undefined || purpose === undefined || purpose === "tell") return;
    const condition = conditionOf(stanza);
    if (watch.isActive && !isRefusal(condition)) {
      watch.lose(this.#around.clock.now());
      for (const { notifier } of watch.dialogs) notifier.wake();
    } else if (watch.isActive || purpose === "subscribe") this.#endAll(watch, terminationOf(condition));
  }

  #heard(state: PresenceState, watch: Watch | undefined, parties: Parties): void {
    this.#polls.hear(parties, state);
    // a server says `unavailable` when it takes note of a request, which says nothing of the contact
    if (watch?.isActive !== true) return;
    watch.hear(state, this.#around.clock.now());
    for (const { notifier } of watch.dialogs) notifier.wake();
  }

  /** False when it cannot be handed over: then it is owed. */
  async #ask(watch: Watch): Promise<boolean> {
    const { watcher, contact } = watch;
    watch.asked ??= this.#around.xmpp.send(managing("subscribe", watcher, contact, "subscribe"));
    const sent = await watch.asked;
    if (!sent) watch.asked = undefined;
    return sent;
  }

  async #probe(watch: Watch): Promise<void> {
    watch.wantsProbe = false;
    const sent = await this.#around.xmpp.send(managing("probe", watch.watcher, watch.contact, "probe"));
    if (!sent) watch.wantsProbe = true;
  }

  #document(contact: string, state: PresenceState | undefined): Partial<Notification> {
    const uri = state === undefined ? undefined : toSipUri(contact);
    if (state === undefined || uri === undefined) return {};
    return { document: pidfOf(uri, state), language: state.language };
  }

  #compose({ watch, expiresAt }: WatcherDialog): Notification {
    const left = Math.max(1, Math.ceil((expiresAt - this.#around.clock.now()) / 1000));
    return {
      state: watch.isActive ? "active" : "pending",
      parameters: `expires=${left}`,
      ...this.#document(watch.contact, watch.best()),
    };
  }

  #watchOf(watcher: string, contact: string): Watch {
    const key = keyOf(watcher, contact);
    const watch = this.#watches.get(key) ?? new Watch(watcher, contact);
    this.#watches.set(key, watch);
    return watch;
  }

  #add(watch: Watch, saved: Pick<SavedDialog, "dialog" | "event" | "expiresAt" | "seq">): WatcherDialog {
    const { dialog, event, expiresAt, seq } = saved;
    const compose = () => this.#compose(added);
    const gone = (status: number) => {
      this.#around.log.info({ watcher: watch.watcher, status }, "a SIP watcher of an XMPP contact is gone");
      this.#remove(added);
    };
    const notifier = new Notifier({ around: this.#around, event, compose, gone }, dialog, seq);
    const added: WatcherDialog = { watch, notifier, event, expiresAt };
    watch.dialogs.add(added);
    this.#dialogs.set(keyOf(dialog.callId, dialog.localTag), added);
    return added;
  }

  #end(dialog: WatcherDialog, last: Notification): void {
    this.#remove(dialog);
    dialog.notifier.end(last);
  }

  /** With the last dialog the contact learns that nobody is there (RFC 8048 §5.3.3); it has approved for all times. */
  #remove(dialog: WatcherDialog): void {
    const { watch, notifier } = dialog;
    if (!watch.dialogs.delete(dialog)) return;
    this.#dialogs.delete(keyOf(notifier.dialog.callId, notifier.dialog.localTag));
    this.#around.changed();
    if (watch.dialogs.size > 0) return;
    this.#watches.delete(keyOf(watch.watcher, watch.contact));
    if (watch.asked === undefined && !watch.isActive) return;
    void this.#around.xmpp.send(managing("unavailable", watch.watcher, watch.contact, "tell"));
  }

  #endAll(watch: Watch, parameters: string): void {
    this.#watches.delete(keyOf(watch.watcher, watch.contact));
    for (const dialog of watch.dialogs) {
      this.#dialogs.delete(keyOf(dialog.notifier.dialog.callId, dialog.notifier.dialog.localTag));
      dialog.notifier.end({ state: "terminated", parameters });
    }
    watch.dialogs.clear();
    this.#around.changed();
  }
}

function keyOf(one: string, other: string): string {
  return `${one} ${other}`;
}

/** The same request on another way, or once more: it gets the same dialog. */
function isSame(one: Dialog, other: Dialog): boolean {
  return one.callId === other.callId && one.remoteTag === other.remoteTag;
}

function accepted({ localTag }: Dialog, contact: string, expires: number): SipAnswer {
  return {
    status: 200,
    toTag: localTag,
    headers: [
      ["Expires", String(expires)],
      ["Contact", `<${contact}>`],
    ],
  };
}

function later(seconds: number): SipAnswer {
  return { status: 480, headers: [["Retry-After", String(seconds)]] };
}
