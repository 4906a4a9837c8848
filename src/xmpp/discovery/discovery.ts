import xml from "@xmpp/xml";
import type { XmppSide, XmppVerdict } from "../types.ts";
import { askableDomain } from "./askable.ts";
import { bounceReason } from "./bounce.ts";
import { classifyReason, type Reason } from "./reason.ts";
import { VerdictCache } from "./verdict-cache.ts";

export interface DiscoveryOptions {
  readonly xmpp: XmppSide;
  /** The local domain to ask from: one that is connected; undefined while there is none. */
  readonly from: () => string | undefined;
  readonly localDomains: readonly string[];
  /** Reserved names that are asked all the same, with all below them; none unless told. */
  readonly askReserved?: readonly string[];
  /** Milliseconds for an answer; 2000 unless told. */
  readonly timeoutMs?: number;
  /** Questions in flight at most, for whatever domains; 100 unless told. */
  readonly maxQuestions?: number;
  /** Told of every question that was really asked. */
  readonly answered?: (finding: Finding) => void;
  /** In milliseconds; for tests. */
  readonly now?: () => number;
}

/** What came of a question. */
export interface Finding {
  readonly domain: string;
  readonly verdict: XmppVerdict;
  /** Why the gateway could not reach the domain, in Prosody's words. */
  readonly reason: string | undefined;
  readonly seconds: number;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Verdicts that are kept: 100 bytes each. */
const CAPACITY = 20_000;
const DISCO_INFO = "http://jabber.org/protocol/disco#info";

/** For how long what was found counts. */
const LIFETIMES: Record<Reason | "xmpp" | "away", number> = {
  xmpp: 6 * HOUR,
  notXmpp: 6 * HOUR,
  unreachable: 10 * MINUTE,
  untrusted: 10 * MINUTE,
  temporary: MINUTE,
  away: 0,
};

/** Finds out whether domains speak XMPP, by one question to the domain itself (XEP-0030), never by a user's message. */
export class Discovery {
  readonly #options: DiscoveryOptions;
  readonly #cache: VerdictCache;
  readonly #asked = new Map<string, Promise<XmppVerdict>>();
  readonly #now: () => number;

  constructor(options: DiscoveryOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    this.#cache = new VerdictCache(CAPACITY, this.#now);
  }

  /** Questions in flight. */
  get pending(): number {
    return this.#asked.size;
  }

  /** Never rejects, and is through in `timeoutMs`. What was found shortly before is not asked again. */
  async ask(text: string): Promise<XmppVerdict> {
    const { localDomains, askReserved = [], maxQuestions = 100 } = this.#options;
    const domain = askableDomain(text, { localDomains, askReserved });
    if (domain === undefined) return "notXmpp";
    const known = this.#cache.get(domain) ?? this.#asked.get(domain);
    if (known !== undefined) return known;
    const from = this.#options.from();
    if (from === undefined) return "away";
    if (this.#asked.size >= maxQuestions) return "temporary";
    const question = this.#question(domain, from).finally(() => this.#asked.delete(domain));
    this.#asked.set(domain, question);
    return question;
  }

  /** The next question is asked anew. */
  forget(domain: string): void {
    this.#cache.delete(domain);
  }

  async #question(domain: string, from: string): Promise<XmppVerdict> {
    const { xmpp, timeoutMs = 2000, answered } = this.#options;
    const start = this.#now();
    const iq = xml("iq", { type: "get", from, to: domain }, xml("query", { xmlns: DISCO_INFO }));
    const answer = await xmpp.ask(iq, timeoutMs);
    const reason = answer && bounceReason(answer);
    const found = this.#found(answer !== undefined, reason, from);
    const verdict = found === "unreachable" ? "notXmpp" : found;
    this.#cache.set(domain, verdict, LIFETIMES[found]);
    answered?.({ domain, verdict, reason, seconds: (this.#now() - start) / 1000 });
    return verdict;
  }

  #found(isAnswered: boolean, reason: string | undefined, from: string): keyof typeof LIFETIMES {
    if (reason !== undefined) return classifyReason(reason);
    if (isAnswered) return "xmpp";
    // the stream was lost with the question, if it is not the one to ask by any more
    return this.#options.from() === from ? "temporary" : "away";
  }
}
