import { nextSeq, requestInDialog, seqDelay, type Dialog } from "../sip/dialog.ts";
import { header } from "../sip/headers.ts";
import type { Headers, SipResponse } from "../sip/types.ts";
import { PIDF_TYPE } from "../translation/pidf.ts";
import { ENDS_SUBSCRIPTION } from "./refusals.ts";
import type { Surroundings } from "./types.ts";

/** What a NOTIFY says. */
export interface Notification {
  /** Subscription-State before its parameters (RFC 6665 §8.2.3). */
  readonly state: "active" | "pending" | "terminated";
  /** Parameters of Subscription-State. */
  readonly parameters: string;
  /** A PIDF document; undefined where there is nothing to tell. */
  readonly document?: string | undefined;
  /** Content-Language of the document. */
  readonly language?: string | undefined;
}

export interface NotifierParts {
  readonly around: Pick<Surroundings, "sip" | "clock" | "contact">;
  /** Event of the SUBSCRIBE. */
  readonly event: string;
  /** What is to be said now: asked right before it is sent. */
  readonly compose: () => Notification;
  /** The subscriber has none of this dialog any more (RFC 6665 §4.2.2). */
  readonly gone: (status: number) => void;
}

/** Milliseconds until a NOTIFY that failed otherwise is tried again, doubled with each failure. */
const RETRY_MS = 10_000;
const MAX_RETRY_MS = 300_000;
/** What the SIP side says where nobody answered: that ends a subscription as well (RFC 6665 §4.2.2). */
const SILENCE = 408;

/**
 * Sends the NOTIFYs of one dialog: one at a time, always with the state of that moment, so that a contact who changes quickly
 * makes no queue. Nothing is sent before `open`, which is called when the SUBSCRIBE is answered.
 */
export class Notifier {
  dialog: Dialog;
  /** CSeq of the last NOTIFY; 0 before the first. */
  seq: number;
  readonly #parts: NotifierParts;
  #isOpen = false;
  #busy = false;
  #wanted = false;
  #failures = 0;
  #said: string | undefined;
  #last: Notification | undefined;
  #callOff: (() => void) | undefined;

  constructor(parts: NotifierParts, dialog: Dialog, seq = 0) {
    this.#parts = parts;
    this.dialog = dialog;
    this.seq = seq;
  }

  /** What was asked for until now goes out right after whatever runs at the moment: after the answer to a SUBSCRIBE. */
  open(): void {
    this.#isOpen = true;
    this.#later(0);
  }

  /** Something may have changed. It is sent if it is not what was said last, or if somebody `insists`. */
  wake(insists = false): void {
    this.#wanted = true;
    if (insists) this.#said = undefined;
    this.#later(0);
  }

  /** One more, whatever its outcome, and none after it. */
  end(last: Notification): void {
    this.#last = last;
    this.wake(true);
  }

  /** No more of them: the subscriber is gone. */
  close(): void {
    this.#isOpen = false;
    this.#callOff?.();
  }

  #later(ms: number): void {
    if (!this.#isOpen || this.#busy || !this.#wanted) return;
    this.#callOff?.();
    this.#callOff = this.#parts.around.clock.after(ms, () => {
      this.#callOff = undefined;
      void this.#send();
    });
  }

  async #send(): Promise<void> {
    const { clock, sip } = this.#parts.around;
    const delay = seqDelay(this.seq, clock.now());
    if (delay > 0) {
      this.#later(delay);
      return;
    }
    this.#wanted = false;
    const last = this.#last;
    const notification = last ?? this.#parts.compose();
    const said = `${notification.state} ${notification.document ?? ""}`;
    if (said === this.#said) return;
    this.#said = said;
    this.#busy = true;
    const response = await sip.request(this.#request(notification));
    this.#busy = false;
    if (last !== undefined) this.#isOpen = false;
    else this.#answered(response);
  }

  #answered(response: SipResponse): void {
    if (!this.#isOpen) return;
    if (ENDS_SUBSCRIPTION.has(response.status) || response.status === SILENCE) {
      this.close();
      this.#parts.gone(response.status);
      return;
    }
    if (response.status < 300 || this.#last !== undefined) {
      this.#failures = 0;
      this.#later(0);
      return;
    }
    this.#wanted = true;
    this.#said = undefined;
    const backoff = Math.min(RETRY_MS * 2 ** this.#failures, MAX_RETRY_MS);
    this.#failures += 1;
    this.#later(retryAfter(response.headers) ?? backoff);
  }

  #request({ state, parameters, document, language }: Notification) {
    const { around, event } = this.#parts;
    this.seq = nextSeq(this.seq, around.clock.now());
    const headers: Headers = [
      ["Contact", `<${around.contact}>`],
      ["Event", event],
      ["Subscription-State", `${state};${parameters}`],
      ...(document === undefined ? [] : [["Content-Type", PIDF_TYPE] as const]),
      ...(document === undefined || language === undefined ? [] : [["Content-Language", language] as const]),
    ];
    return requestInDialog(this.dialog, {
      method: "NOTIFY",
      seq: this.seq,
      headers,
      body: Buffer.from(document ?? ""),
    });
  }
}

/** Retry-After (RFC 3261 §20.33) in milliseconds, at most five minutes; undefined when it says nothing. */
export function retryAfter(headers: Headers): number | undefined {
  const [, seconds] = /^\s*(\d{1,9})/.exec(header(headers, "Retry-After") ?? "") ?? [];
  return seconds === undefined ? undefined : Math.min(Math.max(1, Number(seconds)) * 1000, MAX_RETRY_MS);
}
