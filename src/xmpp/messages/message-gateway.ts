import { randomUUID } from "node:crypto";
import xml, { type Element } from "@xmpp/xml";
import { bounceReason } from "../discovery/bounce.ts";
import { header } from "../sip/headers.ts";
import type { SipAnswer, SipRequest, SipSide } from "../sip/types.ts";
import { bare } from "../translation/addresses.ts";
import { conditionOfStatus, errorFor, statusOfError, type Condition } from "../translation/errors.ts";
import { messageToSip, messageToXmpp } from "../translation/messages.ts";
import type { XmppSide } from "../types.ts";
import { PairQueue } from "./pair-queue.ts";

export interface MessageOptions {
  readonly sip: SipSide;
  readonly xmpp: XmppSide;
  /** Milliseconds in which the outcome of a message to XMPP has to be known; 10,000 unless told. */
  readonly timeoutMs?: number;
  /** Messages whose outcome is not known yet, in each direction; 2,000 unless told. */
  readonly maxUnderWay?: number;
  /** The same for one pair of XMPP sender and SIP recipient; 200 unless told. */
  readonly maxPerPair?: number;
  /** Told which stanza is which SIP request; nobody unless told. */
  readonly log?: { debug(fields: object, message: string): void };
  /** Bytes of a MESSAGE, without what proxies add; 1,300 unless told (RFC 3428 §8). */
  readonly maxBytes?: number;
}

const TIMEOUT_MS = 10_000;
const MAX_UNDER_WAY = 2_000;
const MAX_PER_PAIR = 200;
const MAX_BYTES = 1_300;
/** Seconds. */
const RETRY_AFTER = "10";
const PING = "urn:xmpp:ping";

/** Single messages, both ways (RFC 7572). Each is sent once, and answered when what became of it is known. */
export class MessageGateway {
  readonly #options: MessageOptions;
  readonly #queue: PairQueue;
  /** Messages to XMPP that wait for their outcome, by id: what to do with an error that names it. */
  readonly #pending = new Map<string, (error: Element) => void>();

  constructor(options: MessageOptions) {
    this.#options = options;
    this.#queue = new PairQueue({
      perKey: options.maxPerPair ?? MAX_PER_PAIR,
      total: options.maxUnderWay ?? MAX_UNDER_WAY,
    });
  }

  /** Messages without an outcome, of both directions. */
  get underWay(): number {
    return this.#pending.size + this.#queue.size;
  }

  /**
   * Sends a MESSAGE on, and a ping to the same user after it. Servers work in order (RFC 6120 §10.1), so whatever the ping is
   * answered with, the message was taken before, unless an error names it; 504 when nobody can tell.
   */
  async fromSip(request: SipRequest): Promise<SipAnswer> {
    const id = randomUUID();
    const translated = messageToXmpp(request, id);
    if (!translated.ok) return translated.answer;
    if (this.#pending.size >= (this.#options.maxUnderWay ?? MAX_UNDER_WAY)) return unavailable();
    const refused = Promise.withResolvers<SipAnswer>();
    this.#pending.set(id, (error) => {
      refused.resolve({ status: statusOfError(error) });
    });
    const { stanza, from, to } = translated;
    const callId = header(request.headers, "Call-ID");
    this.#options.log?.debug(
      { callId, stanza: id, from: bare(from), to: bare(to) },
      "goes to XMPP as a message",
    );
    const answer = await Promise.race([this.#deliver(stanza, bare(from), bare(to)), refused.promise]);
    this.#pending.delete(id);
    return answer;
  }

  /**
   * Sends a message stanza on, after all that came before from its sender to its recipient (RFC 3428 §8 allows one at a
   * time). Resolves when its outcome is known, and an error sent back where there is one.
   */
  async fromXmpp(stanza: Element): Promise<void> {
    if (stanza.attrs.type === "error") {
      this.#pending.get(String(stanza.attrs.id))?.(stanza);
      return;
    }
    const translated = messageToSip(stanza, this.#options.maxBytes ?? MAX_BYTES);
    if (!translated.ok) return this.#refuse(stanza, translated.condition);
    const { request } = translated;
    const callId = header(request.headers, "Call-ID");
    const { id, from, to } = stanza.attrs as Record<string, string | undefined>;
    this.#options.log?.debug({ callId, stanza: id, from, to }, "goes to SIP as a MESSAGE");
    const pair = `${bare(String(stanza.attrs.from))} ${bare(String(stanza.attrs.to))}`;
    const done = this.#queue.add(pair, async () => {
      const { status, reason } = await this.#options.sip.request(request);
      if (status >= 300) await this.#refuse(stanza, conditionOfStatus(status), `${status} ${reason}`);
    });
    return done ?? this.#refuse(stanza, "resource-constraint");
  }

  async #deliver(stanza: Element, from: string, to: string): Promise<SipAnswer> {
    const { xmpp, timeoutMs = TIMEOUT_MS } = this.#options;
    if (!(await xmpp.send(stanza))) return unavailable();
    const answer = await xmpp.ask(
      xml("iq", { type: "get", from, to }, xml("ping", { xmlns: PING })),
      timeoutMs,
    );
    return { status: answer === undefined || isOwnBounce(answer, from) ? 504 : 200 };
  }

  async #refuse(stanza: Element, condition: Condition | undefined, text?: string): Promise<void> {
    const error = condition === undefined ? undefined : errorFor(stanza, condition, text);
    // without a stream nobody can be told
    if (error !== undefined) await this.#options.xmpp.send(error);
  }
}

/** True when our own XMPP server says that it could not ask: then nobody knows about the message either. */
function isOwnBounce(answer: Element, from: string): boolean {
  const by = answer.getChild("error")?.attrs.by as string | undefined;
  // later versions of it are told by their words alone
  return by === from.slice(from.indexOf("@") + 1) || bounceReason(answer) !== undefined;
}

/** Not 503: that would take this whole edge out at the peer. */
function unavailable(): SipAnswer {
  return { status: 480, headers: [["Retry-After", RETRY_AFTER]] };
}
