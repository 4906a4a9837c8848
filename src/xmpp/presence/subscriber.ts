import { randomBytes } from "node:crypto";
import {
  afterRequest,
  dialogOfPeer,
  isOfDialog,
  nextSeq,
  requestInDialog,
  type Dialog,
} from "../sip/dialog.ts";
import { header } from "../sip/headers.ts";
import type { SipAnswer, SipRequest, SipResponse } from "../sip/types.ts";
import { PIDF_TYPE } from "../translation/pidf.ts";
import type { PresenceState } from "../translation/presence-state.ts";
import { retryAfter } from "./notifier.ts";
import { readNotice, type Notice } from "./notify-request.ts";
import { ENDS_SUBSCRIPTION, meaningOf } from "./refusals.ts";
import type { SavedSubscription } from "./state.ts";
import { EXPIRES } from "./subscribe-request.ts";
import type { Surroundings } from "./types.ts";

/** What becomes of a subscription. */
export interface SubscriberEvents {
  /** False while nobody looks: then it is not renewed, and lapses. */
  isWanted(): boolean;
  /** A NOTIFY says that it is active; what it tells, if it tells anything. */
  active(states: readonly PresenceState[] | undefined): void;
  /** It has ended, and nobody knows how the contact is; it goes on trying. */
  lost(): void;
  /** It has ended for good (RFC 8048 §5.2.2, RFC 6665 §4.1.3). */
  forgotten(): void;
  /** There is nothing to subscribe to, by such an answer. False to go on trying. */
  unknown(status: number): boolean;
  /** It failed so often in a row, the last time with such an answer; it goes on trying. */
  failing(status: number, times: number): void;
}

/** Milliseconds to wait for the first NOTIFY: timer N of RFC 6665 §4.1.2.4. */
const CONFIRM_MS = 32_000;
/** Milliseconds between two SUBSCRIBEs that others cause. */
const SPACING_MS = 10_000;
/** Milliseconds until the next try, doubled with each failure. */
const BACKOFF_MS = { first: 30_000, max: 3_600_000 } as const;
/** Share of a subscription's time after which it is renewed. */
const RENEW_AT = 0.9;
/** Seconds; what a notifier asks for beyond that is not granted. */
const MAX_EXPIRES = 86_400;
const NEVER = Number.POSITIVE_INFINITY;

/** Keeps one subscription alive at the SIP contact of an XMPP user (RFC 6665 §4.1, RFC 8048 §5.2). */
export class Subscriber {
  readonly #around: Surroundings;
  readonly #events: SubscriberEvents;
  readonly #parties: { readonly watcherUri: string; readonly contactUri: string };
  /** Where NOTIFYs find their subscriber, by Call-ID and our tag. */
  readonly #routes: Map<string, Subscriber>;
  #attempt: { readonly callId: string; readonly localTag: string } | undefined;
  #dialog: Dialog | undefined;
  #seq = 0;
  #wish: number = EXPIRES.default;
  #sentAt = 0;
  #dueAt = 0;
  #confirmBy = NEVER;
  #expiresAt = 0;
  #failures = 0;
  #busy = false;
  #endsAt = NEVER;

  constructor(
    around: Surroundings,
    parties: { readonly watcherUri: string; readonly contactUri: string },
    routes: Map<string, Subscriber>,
    events: SubscriberEvents,
  ) {
    this.#around = around;
    this.#parties = parties;
    this.#routes = routes;
    this.#events = events;
  }

  /** Whether a dialog serves it at this moment. */
  get isServed(): boolean {
    return this.#dialog !== undefined && this.#expiresAt > this.#around.clock.now();
  }

  /** The dialog that serves it, to be written down. */
  get serving(): SavedSubscription["serving"] {
    if (this.#dialog === undefined) return undefined;
    return { dialog: this.#dialog, expiresAt: this.#expiresAt, seq: this.#seq };
  }

  /** Goes on with what was written down; it is renewed soon, as nobody knows what was missed. */
  restore(serving: SavedSubscription["serving"]): void {
    if (serving === undefined || serving.expiresAt <= this.#around.clock.now()) return;
    this.#dialog = serving.dialog;
    this.#expiresAt = serving.expiresAt;
    this.#seq = serving.seq;
    this.#name(serving.dialog);
  }

  /** Somebody looks: subscribes soon, unless it is subscribed. */
  wake(): void {
    if (this.#busy || this.isServed) return;
    this.#dueAt = Math.min(this.#dueAt, Math.max(this.#around.clock.now(), this.#sentAt + SPACING_MS));
  }

  /** Looks after what is due. True when that took a SUBSCRIBE. */
  tick(maySubscribe: boolean): boolean {
    const now = this.#around.clock.now();
    if (!this.#busy && this.#confirmBy <= now) this.#unconfirmed();
    if (this.#expiresAt !== 0 && this.#expiresAt <= now) this.#expired();
    if (this.#busy || this.#dueAt > now || !maySubscribe) return false;
    if (!this.#events.isWanted()) {
      this.#dueAt = NEVER;
      return false;
    }
    void this.subscribe();
    return true;
  }

  /** Subscribes, or renews. */
  async subscribe(): Promise<void> {
    const now = this.#around.clock.now();
    this.#busy = true;
    this.#sentAt = now;
    this.#dueAt = NEVER;
    this.#confirmBy = now + CONFIRM_MS;
    this.#attempt ??= this.#name({
      callId: randomBytes(12).toString("hex"),
      localTag: randomBytes(8).toString("hex"),
    });
    const attempt = this.#attempt;
    const response = await this.#around.sip.request(this.#request(this.#wish));
    this.#busy = false;
    // a NOTIFY may have come first, and ended it
    if (this.#endsAt === NEVER && this.#attempt === attempt) this.#answered(response);
  }

  /** Answers a NOTIFY that names this subscription. */
  notified(request: SipRequest): SipAnswer {
    const notice = readNotice(request);
    if (!notice.ok) return notice.answer;
    const known = this.#dialog;
    if (known !== undefined && !isOfDialog(known, request)) return { status: 481 }; // a fork (RFC 3856 §6.9)
    if (known === undefined && this.#endsAt !== NEVER) return { status: 481 };
    const dialog = known === undefined ? dialogOfPeer(request, "") : afterRequest(known, request);
    if (dialog === undefined)
      return known === undefined ? { status: 400 } : { status: 500, reason: "CSeq Out of Order" };
    this.#dialog = dialog;
    this.#confirmBy = NEVER;
    if (this.#endsAt === NEVER) this.#heard(notice);
    else if (notice.state === "terminated") this.#drop();
    return { status: 200 };
  }

  /** Ends it at the contact, too. Resolves when that is answered (RFC 8048 §5.2.3). */
  async end(): Promise<void> {
    this.#endsAt = this.#around.clock.now() + CONFIRM_MS;
    this.#around.clock.after(CONFIRM_MS, () => {
      this.#drop();
    });
    if (this.#dialog !== undefined) await this.#around.sip.request(this.#request(0));
  }

  /** Ends it here alone: there is nothing at the contact any more. */
  close(): void {
    this.#endsAt = 0;
    this.#drop();
  }

  #answered(response: SipResponse): void {
    const meaning = meaningOf(response.status);
    if (meaning === "accepted") {
      const text = header(response.headers, "Expires") ?? "";
      this.#lasts(/^\d{1,10}$/.test(text) ? Math.min(Number(text), this.#wish) : this.#wish);
    } else if (meaning === "forgotten") this.#events.forgotten();
    else if (meaning === "transient" || !this.#events.unknown(response.status)) this.#failed(response);
  }

  #failed(response: SipResponse): void {
    this.#confirmBy = NEVER;
    const now = this.#around.clock.now();
    const min = minExpires(response);
    if (min > this.#wish && min <= MAX_EXPIRES) {
      this.#wish = min;
      this.#dueAt = now;
      return;
    }
    const wasServed = this.#dialog !== undefined;
    // what else fails inside a dialog leaves the subscription as it was (RFC 6665 §4.1.2.2)
    if (ENDS_SUBSCRIPTION.has(response.status) || !wasServed) this.#drop();
    if (response.status === 481 && wasServed) this.#dueAt = now;
    else this.#tryLater(response.status, retryAfter(response.headers) ?? 0);
  }

  #tryLater(status: number, atLeastMs: number): void {
    this.#failures += 1;
    const backoff = Math.min(BACKOFF_MS.first * 2 ** (this.#failures - 1), BACKOFF_MS.max);
    this.#dueAt = this.#around.clock.now() + Math.max(backoff, atLeastMs);
    this.#events.failing(status, this.#failures);
  }

  #unconfirmed(): void {
    this.#drop();
    this.#confirmBy = NEVER;
    if (this.#expiresAt !== 0) this.#expired();
    this.#tryLater(408, 0);
  }

  #expired(): void {
    this.#drop();
    this.#expiresAt = 0;
    if (this.#dueAt === NEVER) this.#dueAt = this.#around.clock.now();
    this.#events.lost();
  }

  #heard(notice: Notice): void {
    if (notice.state === "terminated") {
      this.#terminated(notice);
      return;
    }
    if (notice.expires !== undefined) this.#lasts(Math.min(notice.expires, MAX_EXPIRES));
    if (notice.state !== "active") return;
    this.#failures = 0;
    this.#events.active(notice.states);
  }

  #terminated({ reason, retryAfter: seconds = 0 }: Notice): void {
    const now = this.#around.clock.now();
    this.#drop();
    if (reason === "rejected" || reason === "noresource") {
      this.#events.forgotten();
      return;
    }
    if (reason === "invariant") {
      this.#dueAt = NEVER;
      this.#expiresAt = 0;
      return;
    }
    const isPassing = reason === "deactivated" || reason === "timeout";
    if (!isPassing) this.#expiresAt = now;
    const wait = isPassing ? 0 : Math.max(seconds * 1000, BACKOFF_MS.first);
    this.#dueAt = Math.max(now + wait, this.#sentAt + SPACING_MS);
  }

  #lasts(seconds: number): void {
    const now = this.#around.clock.now();
    this.#expiresAt = now + seconds * 1000;
    this.#dueAt = now + Math.max(seconds * RENEW_AT, SPACING_MS / 1000) * 1000;
    this.#around.changed(true);
  }

  #name(attempt: { callId: string; localTag: string }): { callId: string; localTag: string } {
    this.#attempt = attempt;
    this.#routes.set(`${attempt.callId} ${attempt.localTag}`, this);
    return attempt;
  }

  /** No more of this dialog; the next SUBSCRIBE opens another one. */
  #drop(): void {
    if (this.#attempt !== undefined) this.#routes.delete(`${this.#attempt.callId} ${this.#attempt.localTag}`);
    if (this.#dialog !== undefined) this.#around.changed();
    this.#attempt = undefined;
    this.#dialog = undefined;
  }

  #request(expires: number): SipRequest {
    const { watcherUri, contactUri } = this.#parties;
    this.#seq = nextSeq(this.#seq, this.#around.clock.now());
    const dialog = this.#dialog ?? {
      callId: this.#attempt?.callId ?? "",
      localUri: watcherUri,
      localTag: this.#attempt?.localTag ?? "",
      remoteUri: contactUri,
      remoteTag: "",
      target: contactUri,
      routes: [],
      remoteSeq: 0,
    };
    return requestInDialog(dialog, {
      method: "SUBSCRIBE",
      seq: this.#seq,
      headers: [
        ["Contact", `<${this.#around.contact}>`],
        ["Event", "presence"],
        ["Accept", PIDF_TYPE],
        ["Expires", String(expires)],
      ],
    });
  }
}

/** What a 423 asks for, in seconds; 0 in all other answers. */
function minExpires({ status, headers }: SipResponse): number {
  const [digits] = /^\d{1,6}$/.exec(header(headers, "Min-Expires") ?? "") ?? [];
  return status === 423 && digits !== undefined ? Number(digits) : 0;
}
