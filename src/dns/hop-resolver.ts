import { getServers } from "node:dns";
import { Alarm } from "./alarm.ts";
import { DnsClient } from "./dns-client.ts";
import { Followed, hopKey } from "./followed.ts";
import { Inquiry } from "./inquiry.ts";
import { resolveHop, resolveLiterally } from "./resolve-hop.ts";
import { parseServer } from "./server-address.ts";
import {
  type Family,
  type HopName,
  type HopResolverOptions,
  type Target,
  type Timing,
  TIMING,
} from "./types.ts";

/** What is due within this time is asked together; the alarm rings no more often. Milliseconds. */
const TOGETHER_MS = 50;

/**
 * Keeps the targets of next hops as DNS has them (RFC 3263), so that the router never waits for DNS. Asks again before
 * an answer expires.
 *
 * Not to know is not the same as to know that there is nothing: when DNS fails (no answer, SERVFAIL, …), what was known
 * stays in use, as a peer must not be lost with its name server. When DNS denies the name, the peer has taken it away,
 * and the targets go.
 */
export class HopResolver {
  readonly #options: HopResolverOptions;
  readonly #families: readonly Family[];
  readonly #timing: Timing;
  readonly #client: DnsClient;
  readonly #followed = new Map<string, Followed>();
  /** Without a first result. */
  readonly #unsettled = new Set<Followed>();
  /** To be told to `changed`. */
  readonly #news = new Set<Followed>();
  readonly #alarm = new Alarm(() => {
    this.#askDue();
  });
  #telling: NodeJS.Immediate | undefined;
  #settled = Promise.withResolvers<undefined>();
  #stopped = false;

  /** @throws Error when one of the servers is not an address. */
  constructor(options: HopResolverOptions) {
    const { servers = getServers(), families = [4, 6], parallel = 50 } = options;
    this.#options = options;
    this.#families = families;
    this.#timing = { ...TIMING, ...options.timing };
    this.#client = new DnsClient({ servers: servers.map(parseServer), parallel, tryMs: this.#timing.tryMs });
  }

  /** Follows these hops and no others. What needs no DNS, such as an address, has its targets when this returns. */
  follow(hops: Iterable<HopName>): void {
    if (this.#stopped) return;
    const wanted = new Set<string>();
    for (const hop of hops) {
      const key = hopKey(hop);
      wanted.add(key);
      if (!this.#followed.has(key)) this.#begin(key, hop);
    }
    if (wanted.size === this.#followed.size) return;
    for (const [key, followed] of this.#followed) if (!wanted.has(key)) this.#forget(key, followed);
  }

  /**
   * Best first; the same array until it changes. Empty: DNS has nothing for the hop. Undefined: not resolved yet, or
   * not followed.
   */
  targets(hop: HopName): readonly Target[] | undefined {
    return this.#followed.get(hopKey(hop))?.targets;
  }

  /** What is wrong with a followed hop, a sentence for people without its full stop. There may be targets all the same. */
  problem(hop: HopName): string | undefined {
    return this.#followed.get(hopKey(hop))?.problem;
  }

  /** Resolves when all that is followed has a first result, be it a failure; after `timeoutMs`; or when stopped. */
  async ready(timeoutMs: number): Promise<void> {
    if (this.#unsettled.size === 0) return;
    const late = Promise.withResolvers<undefined>();
    const timer = setTimeout(late.resolve, timeoutMs, undefined);
    await Promise.race([this.#settled.promise, late.promise]);
    clearTimeout(timer);
  }

  /** Ends all questions: from now on, everything stays as it is known. */
  stop(): void {
    this.#stopped = true;
    this.#alarm.cancel();
    clearImmediate(this.#telling);
    this.#client.close();
    for (const followed of this.#unsettled) this.#settle(followed);
  }

  #begin(key: string, hop: HopName): void {
    const followed = new Followed(hop);
    this.#followed.set(key, followed);
    followed.targets = resolveLiterally(hop, this.#families);
    if (followed.targets !== undefined) return;
    this.#unsettled.add(followed);
    void this.#ask(followed);
  }

  #forget(key: string, followed: Followed): void {
    this.#followed.delete(key);
    this.#news.delete(followed);
    this.#settle(followed);
  }

  #askDue(): void {
    const soon = performance.now() + TOGETHER_MS;
    let next = Infinity;
    for (const followed of this.#followed.values()) {
      if (followed.dueAt <= soon) void this.#ask(followed);
      else next = Math.min(next, followed.dueAt);
    }
    this.#alarm.set(next);
  }

  async #ask(followed: Followed): Promise<void> {
    followed.dueAt = Infinity;
    const { hop, known, failures } = followed;
    const inquiry = new Inquiry(this.#client, known, failures > 0);
    const resolution = await resolveHop(hop, inquiry, this.#families);
    if (this.#stopped || this.#followed.get(hopKey(hop)) !== followed) return;
    if (followed.learn(resolution, inquiry, this.#timing)) this.#tell(followed);
    this.#alarm.set(followed.dueAt);
    this.#settle(followed);
  }

  #settle(followed: Followed): void {
    if (!this.#unsettled.delete(followed) || this.#unsettled.size > 0) return;
    this.#settled.resolve(undefined);
    this.#settled = Promise.withResolvers();
  }

  /** What changes in one turn of the event loop is told at once. */
  #tell(followed: Followed): void {
    this.#news.add(followed);
    this.#telling ??= setImmediate(() => {
      this.#telling = undefined;
      const hops = [...this.#news].map(({ hop }) => hop);
      this.#news.clear();
      if (hops.length > 0) this.#options.changed(hops);
    });
  }
}
