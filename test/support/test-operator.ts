/** The operator's end of the router's event stream, as a test wants it: attentive, mute, or silent. */
import { connect, type Socket } from "node:net";
import { once } from "node:events";
import { certificateNames } from "../../src/router/certificate-names.ts";
import { certificateQuestion } from "../../src/router/frames.ts";
import { netstring, NetstringParser } from "../../src/router/netstring.ts";
import type { Verdict } from "../../src/router/types.ts";
import { PORTS } from "./kamailio-spec.ts";
import type { Kamailio } from "./kamailio.ts";
import { waitFor } from "./wait-for.ts";

export interface TestOperatorOptions {
  /** Answer to every question; undefined: none. */
  readonly verdict?: Verdict;
  /** Says nothing about certificates either. */
  readonly mute?: boolean;
  /** Whether it shows that it is alive; true unless told. */
  readonly heartbeat?: boolean;
}

const HEARTBEAT_MS = 500;

export class TestOperator {
  /** Frames in the order in which they came: `Q|<domain>|o|<Call-ID>`. */
  readonly frames: string[] = [];
  /** May be changed at any time. */
  verdict: Verdict | undefined;
  readonly #router: Kamailio;
  readonly #socket: Socket;
  readonly #mute: boolean;
  readonly #heartbeat: NodeJS.Timeout | undefined;

  private constructor(router: Kamailio, socket: Socket, options: TestOperatorOptions) {
    const { verdict, heartbeat = true, mute = false } = options;
    this.#router = router;
    this.#socket = socket;
    this.verdict = verdict;
    this.#mute = mute;
    const beat = (): void => void socket.write(netstring("H"));
    const parser = new NetstringParser();
    socket.on("data", (chunk) => {
      for (const frame of parser.push(chunk)) this.#receive(frame);
      if (heartbeat) beat();
    });
    socket.on("error", () => undefined); // "close" follows
    if (heartbeat) this.#heartbeat = setInterval(beat, HEARTBEAT_MS);
  }

  /** Resolves when the router has greeted it. */
  static async connect(router: Kamailio, options: TestOperatorOptions = {}): Promise<TestOperator> {
    const socket = connect({ host: router.host, port: PORTS.event, noDelay: true });
    await once(socket, "connect");
    const operator = new TestOperator(router, socket, options);
    await waitFor("the router's greeting", () => operator.frames.length > 0, { interval: 1 });
    return operator;
  }

  /** Domains that the router asked about, `<domain>|<side>`. */
  get questions(): string[] {
    return this.#subjects("Q", 2);
  }

  /** Resolves when a question, `<domain>|<side>`, was asked so often. */
  async asked(question: string, times = 1): Promise<void> {
    const count = (): number => this.questions.filter((it) => it === question).length;
    await waitFor(`the question ${question}`, () => count() >= times, { interval: 1 });
  }

  /** What the router reported as reached, `<domain>|<side>|<known>`. */
  get reports(): string[] {
    return this.#subjects("L", 3);
  }

  /** What the router told of known domains that have requests, `<domain>|<side>`. */
  get active(): string[] {
    return this.#subjects("A", 2);
  }

  /** Goes; resolves when the router has noticed. */
  async leave(): Promise<void> {
    const before = await this.#operators();
    clearInterval(this.#heartbeat);
    if (this.#socket.destroyed) return;
    this.#socket.destroy();
    await waitFor("the router to notice", async () => (await this.#operators()) < before);
  }

  /** The first fields of the frames of a kind; a Call-ID may follow them. */
  #subjects(kind: string, fields: number): string[] {
    const frames = this.frames.map((frame) => frame.split("|")).filter(([first]) => first === kind);
    return frames.map((frame) => frame.slice(1, 1 + fields).join("|"));
  }

  /** How many the router sees. */
  async #operators(): Promise<number> {
    return ((await this.#router.rpc("pv.shvGet", "clients")) as { readonly value: number }).value;
  }

  /** Reads certificates as the operator does. */
  async #certify(frame: string): Promise<void> {
    const { context, pem } = certificateQuestion(frame.split("|"));
    await this.#router.control.certify(context, certificateNames(pem));
  }

  #receive(frame: string): void {
    this.frames.push(frame);
    const [kind, domain = ""] = frame.split("|");
    if (kind === "N" && !this.#mute) void this.#certify(frame);
    if (kind === "Q" && this.verdict !== undefined) void this.#router.control.verdict(domain, this.verdict);
  }
}
