import { hash, randomBytes } from "node:crypto";

export interface Session {
  /** Stands for it where its id must not be seen. */
  readonly key: string;
  /** Bearer token of the viewer; it never leaves this process but for the API server. */
  readonly token: string;
}

interface Kept extends Session {
  readonly since: number;
  lastSeen: number;
}

/** Milliseconds. */
const LONGEST = 12 * 3_600_000;
const IDLE = 3_600_000;
const MAX_SESSIONS = 1_000;
const ID_BYTES = 32;

/**
 * Logins, in memory: a browser holds an id that means nothing elsewhere, and never the token. Ids are kept as hashes, so
 * that no look-up tells by its time how close a guess was.
 */
export class Sessions {
  readonly #sessions = new Map<string, Kept>();
  readonly #now: () => number;

  /** `now`: milliseconds on a clock that never goes back. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Returns the id of a new session. */
  begin(token: string): string {
    this.expire();
    const [oldest] = this.#sessions.keys();
    if (this.#sessions.size >= MAX_SESSIONS && oldest !== undefined) this.#sessions.delete(oldest);
    const id = randomBytes(ID_BYTES).toString("base64url");
    const key = hash("sha256", id);
    const now = this.#now();
    this.#sessions.set(key, { key, token, since: now, lastSeen: now });
    return id;
  }

  /** Undefined where there is none, or not any more. */
  find(id: string): Session | undefined {
    return this.byKey(hash("sha256", id));
  }

  /** As `find`, by the key. Whoever asks keeps the session from being idle. */
  byKey(key: string): Session | undefined {
    const session = this.#sessions.get(key);
    if (!session || this.#isOver(session)) return undefined;
    session.lastSeen = this.#now();
    return session;
  }

  end(key: string): void {
    this.#sessions.delete(key);
  }

  /** Drops what is over. */
  expire(): void {
    for (const [key, session] of this.#sessions) if (this.#isOver(session)) this.#sessions.delete(key);
  }

  #isOver({ since, lastSeen }: Kept): boolean {
    const now = this.#now();
    return now - since >= LONGEST || now - lastSeen >= IDLE;
  }
}
