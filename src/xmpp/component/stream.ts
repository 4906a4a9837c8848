import { component, type ComponentEntity } from "@xmpp/component";
import type { Element } from "@xmpp/xml";
import { Backoff, type BackoffOptions } from "../../timing/backoff.ts";
import type { Logger } from "./logger.ts";

export interface StreamOptions {
  readonly host: string;
  readonly port: number;
  /** The local domain that it stands for. */
  readonly domain: string;
  /** Asked before each attempt, as it may have been replaced. */
  readonly secret: () => string;
  readonly backoff: BackoffOptions;
  /** Milliseconds until an attempt has to be through. */
  readonly connectTimeoutMs: number;
  readonly received: (stanza: Element) => void;
  readonly changed: (up: boolean) => void;
  readonly logger: Logger;
}

/** Two operators with the same secret take the stream from each other: not as fast as they can. */
const STEADY_MS = 10_000;

/** One stream to the XMPP gateway (XEP-0114), opened again whenever it is lost. */
export class ComponentStream {
  readonly #options: StreamOptions;
  readonly #backoff: Backoff;
  /** What there is of the present attempt, or stream. */
  #entity: ComponentEntity | undefined;
  #up = false;
  #openedAt = 0;
  #stopped = false;
  #timer: NodeJS.Timeout | undefined;
  /** The reason that was logged last: the same one is not worth another line. */
  #told: string | undefined;

  constructor(options: StreamOptions) {
    this.#options = options;
    this.#backoff = new Backoff(options.backoff);
  }

  get up(): boolean {
    return this.#up;
  }

  /** Opens it, in the background. */
  start(): void {
    if (this.#stopped || this.#entity !== undefined) return;
    const entity = this.#createEntity();
    if (entity === undefined) return;
    this.#entity = entity;
    this.#timer = setTimeout(() => {
      this.#lose(entity, "no answer in time");
    }, this.#options.connectTimeoutMs);
    void this.#open(entity);
  }

  /** Resolves once the stanza is written; false when it was not. Never rejects. */
  async send(stanza: Element): Promise<boolean> {
    const entity = this.#entity;
    if (!this.#up || entity === undefined) return false;
    try {
      await entity.send(stanza);
      return true;
    } catch (error) {
      this.#lose(entity, messageOf(error));
      return false;
    }
  }

  /** Closes it for good: what was sent before arrives. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    const entity = this.#entity;
    const wasUp = this.#up;
    this.#forget();
    if (entity === undefined) return;
    if (wasUp) await entity.stop().catch(() => undefined);
    entity.socket?.destroy();
  }

  async #open(entity: ComponentEntity): Promise<void> {
    try {
      await entity.connect(this.#service);
      await entity.open({ domain: this.#options.domain });
    } catch (error) {
      this.#lose(entity, messageOf(error));
    }
  }

  get #service(): string {
    const { host, port } = this.#options;
    return `xmpp://${host.includes(":") ? `[${host}]` : host}:${port}`;
  }

  #createEntity(): ComponentEntity | undefined {
    const { domain, secret } = this.#options;
    try {
      const entity = component({ service: this.#service, domain, password: secret() });
      this.#listen(entity);
      return entity;
    } catch (error) {
      this.#retry(messageOf(error));
      return undefined;
    }
  }

  #listen(entity: ComponentEntity): void {
    // Attempts, and answers to IQs, are made here: what the library does of itself is taken off
    entity.reconnect.stop();
    entity.removeAllListeners("element");
    entity.on("connect", () => {
      // or a character whose bytes arrive in two pieces is lost
      entity.socket?.setEncoding("utf8");
      entity.socket?.setNoDelay(true);
    });
    entity.on("online", () => {
      this.#opened(entity);
    });
    entity.on("stanza", (stanza: Element) => {
      this.#receive(entity, stanza);
    });
    entity.on("error", (error: unknown) => {
      this.#lose(entity, messageOf(error));
    });
    for (const event of ["close", "disconnect"]) {
      entity.on(event, () => {
        this.#lose(entity, "the connection was closed");
      });
    }
  }

  #opened(entity: ComponentEntity): void {
    if (entity !== this.#entity) return;
    clearTimeout(this.#timer);
    this.#up = true;
    this.#openedAt = performance.now();
    this.#told = undefined;
    this.#options.logger.info({ domain: this.#options.domain }, "connected to the XMPP gateway");
    this.#options.changed(true);
  }

  #receive(entity: ComponentEntity, stanza: Element): void {
    if (entity !== this.#entity) return;
    try {
      this.#options.received(stanza);
    } catch (error) {
      this.#options.logger.error({ domain: this.#options.domain, err: error }, "a stanza was not understood");
    }
  }

  #lose(entity: ComponentEntity, reason: string): void {
    if (entity !== this.#entity) return;
    clearTimeout(this.#timer);
    if (this.#up && performance.now() - this.#openedAt > STEADY_MS) this.#backoff.reset();
    this.#forget();
    entity.socket?.destroy();
    this.#retry(reason);
  }

  #forget(): void {
    this.#entity = undefined;
    if (!this.#up) return;
    this.#up = false;
    this.#options.changed(false);
  }

  #retry(reason: string): void {
    if (this.#stopped) return;
    const { domain, logger } = this.#options;
    if (reason !== this.#told) logger.warn({ domain, reason }, "no connection to the XMPP gateway");
    this.#told = reason;
    this.#timer = setTimeout(() => {
      this.start();
    }, this.#backoff.next());
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message || error.name : String(error);
}
