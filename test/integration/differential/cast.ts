import { claimAddressBlock } from "../../support/addresses.ts";
import { header, tagOf, type SipMessage } from "../../support/sip/message.ts";
import { UserAgent, type ReceivedRequest } from "../../support/sip/user-agent.ts";
import { IPV6, Place, SIP_PORT, uriOf } from "./place.ts";

/** A request as it came to a next hop. */
export interface Visit {
  /** URI of the next hop. */
  readonly hop: string;
  readonly agent: UserAgent;
  readonly request: ReceivedRequest;
}

/** Identifies a request wherever it turns up; both ends of a dialog count their requests. */
export function idOf(message: Pick<SipMessage, "headers" | "body">, cseq = header(message, "CSeq")): string {
  return `${header(message, "Call-ID")} ${tagOf(header(message, "From")) ?? ""} ${cseq}`;
}

/** Everybody around the router: those who send, and the next hops. */
export class Cast {
  readonly place: Place;
  /** Dialogs that were opened, by Call-ID: what comes in them is answered with 200 everywhere. */
  readonly dialogs = new Set<string>();
  readonly #agents: ReadonlyMap<string, UserAgent>;
  readonly #answers: ReadonlyMap<string, number | undefined>;
  readonly #visits = new Map<string, Visit[]>();
  /** Of all requests that anybody sent. */
  readonly #ids = new Set<string>();
  /** Of those that were sent more than once. */
  readonly #repeated = new Set<string>();
  readonly #seen = new Map<UserAgent, number>();

  private constructor(place: Place, agents: readonly UserAgent[]) {
    this.place = place;
    this.#agents = new Map(agents.map((agent) => [agent.host, agent]));
    this.#answers = new Map(place.hops.map((hop) => [uriOf(hop), hop.answers]));
    for (const agent of agents) agent.handler = (request) => this.#receive(agent, request);
  }

  static async gather(): Promise<Cast> {
    const block = await claimAddressBlock();
    const agent6 = await UserAgent.open({ host: IPV6, port: 0 });
    const ports = { router: await freePort(), inside: await freePort(), hop: agent6.port };
    const place = new Place(block, ports);
    const listening = place.hops.filter(({ answers }) => answers !== undefined).map(({ host }) => host);
    const hosts = new Set([...place.senders, ...listening]);
    hosts.delete(IPV6);
    const agents = await Promise.all(Array.from(hosts, (host) => UserAgent.open({ host, port: SIP_PORT })));
    return new Cast(place, [agent6, ...agents]);
  }

  /** What a next hop answers to a new request. */
  answers(hop: string): number | undefined {
    return this.#answers.get(hop);
  }

  /** @throws Error when nobody has the address. */
  agent(address: string): UserAgent {
    const agent = this.#agents.get(address);
    if (agent === undefined) throw new Error(`nobody is at ${address}`);
    return agent;
  }

  /** In the order in which they came. */
  visitsOf(id: string): readonly Visit[] {
    return this.#visits.get(id) ?? [];
  }

  /** The request of this id, an ACK for instance, as an agent received it. */
  received(agent: UserAgent, id: string): ReceivedRequest | undefined {
    return agent.received.findLast((request) => idOf(request) === id);
  }

  /** These requests were sent: what comes of them, also later on, is no stray. */
  expect(ids: readonly string[], { repeated }: { readonly repeated: boolean }): void {
    for (const id of ids) this.#ids.add(id);
    if (repeated) for (const id of ids) this.#repeated.add(id);
  }

  /**
   * Forgets all visits; what nobody sent and what was answered twice since the last call, in words. Only a request that
   * was sent again may be answered again.
   */
  takeStrays(): string[] {
    this.#visits.clear();
    return [...this.#agents.values()].flatMap((agent) => {
      const requests = agent.received.slice(this.#seen.get(agent) ?? 0);
      this.#seen.set(agent, agent.received.length);
      return [
        ...requests.filter((request) => !this.#ids.has(idOf(request))),
        ...agent.strayResponses.splice(0).filter((response) => !this.#repeated.has(idOf(response))),
      ].map((message) => `${agent.host} got an unexpected ${about(message)}`);
    });
  }

  async close(): Promise<void> {
    await Promise.all([...this.#agents.values()].map((agent) => agent.close()));
  }

  #receive(agent: UserAgent, request: ReceivedRequest): { status: number } {
    const { host, port } = agent;
    const hop = uriOf({ host, port, transport: request.transport === "tcp" ? "TCP" : "UDP" });
    const id = idOf(request);
    this.#visits.set(id, [...this.visitsOf(id), { hop, agent, request }]);
    if (this.dialogs.has(header(request, "Call-ID"))) return { status: 200 };
    return { status: this.answers(hop) ?? 200 };
  }
}

function about(message: SipMessage): string {
  return message.kind === "request"
    ? `${message.method} ${message.uri}`
    : `${message.status} to ${header(message, "CSeq")}`;
}

/** A port of `IPV6` that nobody listened at a moment ago. */
async function freePort(): Promise<number> {
  const agent = await UserAgent.open({ host: IPV6, port: 0 });
  await agent.close();
  return agent.port;
}
