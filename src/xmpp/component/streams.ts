import type { Element } from "@xmpp/xml";
import type { XmppSide } from "../types.ts";
import type { BackoffOptions } from "../../timing/backoff.ts";
import type { Logger } from "./logger.ts";
import { xmppDomain } from "../translation/addresses.ts";
import { Questions } from "./questions.ts";
import { isSendable } from "./sendable.ts";
import { ComponentStream } from "./stream.ts";

export interface ComponentStreamsOptions {
  readonly host: string;
  readonly port: number;
  /** Asked before each attempt to connect, as it may have been replaced; it may throw. */
  readonly secret: () => string;
  /** In order of preference; international names as A-labels. */
  readonly localDomains: readonly string[];
  /** Gets every stanza but the answers to `ask`. What it throws is logged. */
  readonly received: (stanza: Element) => void;
  /** Told when the stream of a domain has come up, or is lost. */
  readonly changed?: (localDomain: string, up: boolean) => void;
  readonly logger: Logger;
  /** Between attempts; 100 ms to 3 s unless told. */
  readonly backoff?: BackoffOptions;
  /** Milliseconds until an attempt has to be through; 5000 unless told. */
  readonly connectTimeoutMs?: number;
}

/** The streams to the XMPP gateway: one for each local domain. */
export class ComponentStreams implements XmppSide {
  readonly #streams: ReadonlyMap<string, ComponentStream>;
  readonly #questions = new Questions();
  readonly #options: ComponentStreamsOptions;

  constructor(options: ComponentStreamsOptions) {
    this.#options = options;
    const domains = options.localDomains.map((domain) => xmppDomain(domain) ?? domain);
    this.#streams = new Map(domains.map((domain) => [domain, this.#stream(domain)]));
  }

  /** Connects, in the background, and again whenever a stream is lost. */
  start(): void {
    for (const stream of this.#streams.values()) stream.start();
  }

  /** Whether there is a stream for every local domain. */
  get up(): boolean {
    return [...this.#streams.values()].every((stream) => stream.up);
  }

  /** The first local domain that has a stream, as XMPP has it: in Unicode. */
  get firstUp(): string | undefined {
    return [...this.#streams].find(([, stream]) => stream.up)?.[0];
  }

  async send(stanza: Element): Promise<boolean> {
    const domain = domainOf(stanza.attrs.from);
    const stream = this.#streams.get(domain);
    if (stream?.up !== true) return false;
    if (!isSendable(stanza.toString())) {
      this.#options.logger.warn({ domain }, "a stanza is too large, or is no XML: it was not sent");
      return false;
    }
    return stream.send(stanza);
  }

  async ask(iq: Element, timeoutMs: number): Promise<Element | undefined> {
    const answer = this.#questions.open(iq, domainOf(iq.attrs.from), timeoutMs);
    // not awaited: a gateway that does not read is silent as well
    void this.send(iq).then((sent) => {
      if (!sent) this.#questions.abandon(iq);
    });
    return answer;
  }

  /** Closes all streams, after what was sent before; questions end without an answer. */
  async stop(): Promise<void> {
    await Promise.all([...this.#streams.values()].map((stream) => stream.stop()));
  }

  #stream(domain: string): ComponentStream {
    const { host, port, secret, received, changed, logger, backoff, connectTimeoutMs } = this.#options;
    return new ComponentStream({
      host,
      port,
      domain,
      secret,
      backoff: backoff ?? { initialMs: 100, maxMs: 3000 },
      connectTimeoutMs: connectTimeoutMs ?? 5000,
      logger,
      received: (stanza) => {
        if (!this.#questions.answer(stanza)) received(stanza);
      },
      changed: (up) => {
        if (!up) this.#questions.abandonAll(domain);
        changed?.(domain, up);
      },
    });
  }
}

/** Lower case, as local domains are. */
function domainOf(jid: unknown): string {
  if (typeof jid !== "string") return "";
  const [bare = ""] = jid.split("/", 1);
  return bare.slice(bare.indexOf("@") + 1).toLowerCase();
}
