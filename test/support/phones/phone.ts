/** SIP user agents of others, as a person would use them: a line typed is a command, what happens is text. */
import type { SipTransportName } from "../sip/transport.ts";
import type { ManagedProcess } from "../processes.ts";
import { waitFor } from "../wait-for.ts";

export interface PhoneOptions {
  /** Its own address of record. */
  readonly user: string;
  readonly domain: string;
  /** Whom it calls and writes to: a SIP URI. */
  readonly peer: string;
  /** Where it sends everything. */
  readonly proxy: { readonly host: string; readonly port: number };
  readonly transport: SipTransportName;
}

/** What one program calls it, and how it says that it happened. */
export interface PhoneWords {
  readonly call: string;
  readonly hangUp: string;
  readonly write: (text: string) => string;
  readonly established: RegExp;
}

/** Answers every call by itself. */
export class Phone {
  readonly host: string;
  readonly port: number;
  readonly #process: ManagedProcess;
  readonly #words: PhoneWords;
  /** All SIP messages that it sent and received, among other text. */
  readonly #trace: () => string;

  constructor(
    address: { readonly host: string; readonly port: number },
    process: ManagedProcess,
    words: PhoneWords,
    trace: () => string,
  ) {
    this.host = address.host;
    this.port = address.port;
    this.#process = process;
    this.#words = words;
    this.#trace = trace;
  }

  call(): void {
    this.#process.type(this.#words.call);
  }

  hangUp(): void {
    this.#process.type(this.#words.hangUp);
  }

  write(text: string): void {
    this.#process.type(this.#words.write(text));
  }

  /** Waits until it has sent or received a text, which may be a regular expression over lines. */
  async waitForTrace(what: string, text: RegExp): Promise<void> {
    await this.#waitFor(what, () => text.test(this.#trace()));
  }

  /** Waits until so many calls were established, and so many of them ended. */
  async waitForCalls(established: number, ended: number): Promise<void> {
    await this.#waitFor(`${established} calls, ${ended} of them ended`, () => {
      const begun = this.#process.log().match(this.#words.established)?.length;
      return begun === established && this.#ended().size === ended;
    });
  }

  /** Each session description that it sent or received, once; a program may cut their ends off. */
  descriptions(): readonly string[] {
    const found = this.#trace().match(/^v=0\r?\n(?:[a-z]=.*\r?\n)+/gm) ?? [];
    return [...new Set(found.map((it) => it.replace(/\r/g, "").trim()))];
  }

  async stop(): Promise<void> {
    await this.#process.kill();
  }

  /** Call-IDs for which it sent or received the answer to a BYE. */
  #ended(): ReadonlySet<string> {
    const answers = this.#trace().match(/^SIP\/2\.0 200 .*\r?\n(?:.+\r?\n)+/gm) ?? [];
    const ofBye = answers.filter((it) => /^CSeq: \d+ BYE/m.test(it));
    return new Set(ofBye.map((it) => /^Call-ID: (\S+)/m.exec(it)?.[1] ?? ""));
  }

  async #waitFor(what: string, probe: () => boolean): Promise<void> {
    try {
      await waitFor(what, () => {
        this.#process.assertRunning();
        return probe();
      });
    } catch (cause) {
      throw new Error(`${this.#process.name} has said:\n${this.#process.log()}\n${this.#trace()}`, { cause });
    }
  }
}
