import type { Dialog } from "../sip/dialog.ts";
import type { PresenceState } from "../translation/presence-state.ts";
import { Notifier, type Notification } from "./notifier.ts";
import { TERMINATED } from "./refusals.ts";
import { managing } from "./stanzas.ts";
import type { Parties, Surroundings } from "./types.ts";

type Documents = (state: PresenceState | undefined) => Partial<Notification>;

/** Milliseconds that the one NOTIFY of a poll may wait for the contact's server. */
const ANSWER_MS = 2_000;

/** Looks at a contact for once: SUBSCRIBE with Expires 0 outside a dialog (RFC 8048 §7.2, RFC 6665 §4.4.3). */
export class Polls {
  readonly #around: Surroundings;
  readonly #waiting = new Map<string, Set<(state: PresenceState | undefined) => void>>();
  #size = 0;

  constructor(around: Surroundings) {
    this.#around = around;
  }

  /** Those whose NOTIFY has not gone out. */
  get size(): number {
    return this.#size;
  }

  /**
   * Sends the one NOTIFY: at once with what is known of a contact whom the same user watches, else when the contact's server has
   * answered a probe, or has not in time. False when it cannot be asked.
   * @param known Undefined when the user does not watch the contact.
   */
  async add(
    dialog: Dialog,
    event: string,
    parties: Parties,
    documents: Documents,
    known: { readonly state: PresenceState | undefined } | undefined,
  ): Promise<boolean> {
    const compose = (): Notification => ({ state: "terminated", parameters: TERMINATED.timeout });
    const notifier = new Notifier({ around: this.#around, event, compose, gone: () => undefined }, dialog);
    const tell = (state: PresenceState | undefined): void => {
      notifier.end({ ...compose(), ...documents(state) });
    };
    if (known === undefined) {
      const giveUp = this.#wait(`${parties.from} ${parties.to}`, tell);
      const asked = await this.#around.xmpp.send(managing("probe", parties.from, parties.to, "probe"));
      if (!asked) giveUp();
      if (!asked) return false;
    } else tell(known.state);
    notifier.open();
    return true;
  }

  /** What the contact's server says to this user; undefined: that it says nothing. */
  hear({ from, to }: Parties, state: PresenceState | undefined): void {
    for (const tell of this.#waiting.get(`${from} ${to}`) ?? []) tell(state);
  }

  /** What it returns ends the wait. */
  #wait(key: string, tell: (state: PresenceState | undefined) => void): () => void {
    const waiting = this.#waiting.get(key) ?? new Set();
    this.#waiting.set(key, waiting);
    const once = (state: PresenceState | undefined): void => {
      callOff();
      if (!waiting.delete(once)) return;
      this.#size -= 1;
      if (waiting.size === 0) this.#waiting.delete(key);
      tell(state);
    };
    const giveUp = (): void => {
      once(undefined);
    };
    const callOff = this.#around.clock.after(ANSWER_MS, giveUp);
    waiting.add(once);
    this.#size += 1;
    return giveUp;
  }
}
