/** Sends a request until it is answered: the client transactions of RFC 3261 §17.1, UDP retransmission included. */
import type { SipResponseMessage } from "./message.ts";

const T1 = 500;
const T2 = 4_000;

export interface TransactionOptions {
  readonly send: () => void;
  /** Whether the transport loses messages (UDP): then the request is repeated. */
  readonly repeat: boolean;
  /** INVITE: repeated until any response, waits on after a provisional one. */
  readonly invite: boolean;
  /** Milliseconds until it gives up; 64·T1 by the standard. */
  readonly timeout: number;
}

/** Ends with the final response, or rejects when there is none in time. */
export class ClientTransaction {
  readonly final: Promise<SipResponseMessage>;
  readonly provisional: SipResponseMessage[] = [];
  /** How often the request went out. */
  sent = 0;
  readonly #options: TransactionOptions;
  readonly #settle: PromiseWithResolvers<SipResponseMessage>;
  readonly #deadline: NodeJS.Timeout;
  #repeat: NodeJS.Timeout | undefined;

  constructor(options: TransactionOptions) {
    this.#options = options;
    this.#settle = Promise.withResolvers<SipResponseMessage>();
    this.final = this.#settle.promise;
    this.#deadline = setTimeout(() => {
      this.fail(new Error(`no final response in ${options.timeout} ms`));
    }, options.timeout);
    this.#send(T1);
  }

  receive(response: SipResponseMessage): void {
    if (response.status < 200) {
      this.provisional.push(response);
      if (this.#options.invite) clearTimeout(this.#repeat);
      return;
    }
    this.#end();
    this.#settle.resolve(response);
  }

  fail(error: Error): void {
    this.#end();
    this.#settle.reject(error);
  }

  #send(interval: number): void {
    this.sent += 1;
    this.#options.send();
    if (!this.#options.repeat) return;
    const next = this.#options.invite ? interval * 2 : Math.min(interval * 2, T2);
    this.#repeat = setTimeout(() => {
      this.#send(next);
    }, interval);
  }

  #end(): void {
    clearTimeout(this.#repeat);
    clearTimeout(this.#deadline);
  }
}
