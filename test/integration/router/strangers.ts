/** Strangers that send much: for tests of the limits. */
import assert from "node:assert/strict";
import type { KamailioBinary } from "../../support/kamailio-binaries.ts";
import { LOCAL, RouterBed } from "../../support/router-bed.ts";
import type { RequestOptions, SipResponseMessage, UserAgent } from "../../support/sip/user-agent.ts";

export const ALICE = `sip:alice@${LOCAL}`;
/** Requests at once: many times what any limit of a test lets through in the few seconds that they take. */
export const MANY = 60;

/** Where the router counts. */
const COUNTED = ["rate", "flood", "recipients", "distinct", "answers", "failing", "adopted", "told"];

/** The record of limits: all off but those given. */
export function limits(given: {
  readonly rate?: number;
  readonly recipients?: number;
  readonly failing?: { readonly percent: number; readonly answers: number; readonly rate: number };
  readonly unproven?: number;
  readonly flood?: number;
}): string {
  const { rate = 0, recipients = 0, failing, unproven = 0, flood = 0 } = given;
  const { percent, answers, rate: failingRate } = failing ?? { percent: 0, answers: 20, rate: 1 };
  return [rate, recipients, percent, answers, failingRate, unproven, flood].join("|");
}

export class Strangers {
  readonly bed: RouterBed;
  /** Another address of the outside. */
  readonly other: UserAgent;

  private constructor(bed: RouterBed, other: UserAgent) {
    this.bed = bed;
    this.other = other;
  }

  static async open(binary: KamailioBinary): Promise<Strangers> {
    const bed = await RouterBed.open(binary);
    return new Strangers(bed, await bed.open(21));
  }

  /** Everything starts at zero, and the platform answers 200. */
  async forget(): Promise<void> {
    for (const table of COUNTED) await this.bed.router.rpc("htable.flush", table);
    this.bed.platform.handler = () => ({ status: 200 });
  }

  /** Sends a request, which is a MESSAGE to Alice by somebody at partner.test unless told. */
  async send(options: Partial<RequestOptions> = {}, agent = this.bed.outside): Promise<SipResponseMessage> {
    return agent.request({
      method: "MESSAGE",
      uri: ALICE,
      target: this.bed.target(),
      from: "sip:bob@partner.test",
      ...options,
    });
  }

  /** Sends many at once, and tells how many were served, and how many were too many. */
  async sendMany(
    options: (n: number) => Partial<RequestOptions> = () => ({}),
    agent = this.bed.outside,
  ): Promise<{ readonly served: number; readonly limited: number }> {
    const sent = Array.from({ length: MANY }, (_, n) => this.send(options(n), agent));
    const responses = await Promise.all(sent);
    const number = (status: number): number => responses.filter((one) => one.status === status).length;
    assert.equal(number(200) + number(480), MANY);
    return { served: number(200), limited: number(480) };
  }

  /** A table in which `partner.test` is proven by the address of the agent. */
  provenPartner(trust: "Full" | "Limited", agent = this.bed.outside): Record<string, string> {
    return { "partner.test": `A||${agent.host}/32${trust === "Limited" ? "|L" : ""}` };
  }

  /** How often a limit bit: `<limit>:<domain or source>`. */
  async counted(limit: string): Promise<number> {
    return this.bed.router.counter(`limited:${limit}`);
  }
}
