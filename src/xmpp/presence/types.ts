import type { SipSide } from "../sip/types.ts";
import type { XmppSide } from "../types.ts";

/** What presence writes to; a pino logger fits. */
export interface Logger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/** Time, and what is done later. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Runs once in so many milliseconds, never at once; what it returns calls that off. */
  after(ms: number, run: () => void): () => void;
}

/** Where the state outlives the process. */
export interface PresenceStore {
  /** Undefined when nothing was written yet. */
  load(): Promise<string | undefined>;
  save(text: string): Promise<void>;
}

export interface PresenceOptions {
  readonly sip: SipSide;
  readonly xmpp: XmppSide;
  readonly store: PresenceStore;
  /** URI by which the router reaches this gateway: Contact of everything that it sends. */
  readonly contact: string;
  /** Dialogs of SIP watchers and watchers over XMPP, together; 8,000 unless told. */
  readonly maxSubscriptions?: number;
  readonly clock?: Clock;
  readonly log: Logger;
}

/** What both directions need of the whole. */
export interface Surroundings {
  readonly sip: SipSide;
  readonly xmpp: XmppSide;
  readonly contact: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** False when there are as many subscriptions as there may be. */
  hasRoom(): boolean;
  /** The state is another one, to be written at once; `lazily` when it may wait, as what a refresh moves does. */
  changed(lazily?: boolean): void;
}

/** Whom a stanza is from and to: bare, canonical JIDs. */
export interface Parties {
  readonly from: string;
  readonly to: string;
}
