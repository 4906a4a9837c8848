import type { Transport } from "../../../src/federation/types.ts";
import type { AddressBlock } from "../../support/addresses.ts";
import type { World } from "../../support/arbitraries.ts";
import { header, type SipResponseMessage } from "../../support/sip/message.ts";
import { UserAgent, type ReceivedRequest } from "../../support/sip/user-agent.ts";

/** A request as it came to a next hop. */
export interface Visit {
  /** URI of the next hop. */
  readonly hop: string;
  readonly agent: UserAgent;
  readonly request: ReceivedRequest;
}

export interface RouterAddress {
  readonly host: string;
  readonly port: number;
  /** Of the listener that only the inside can reach. */
  readonly insidePort: number;
}

/** Where routes may lead; `answers`: the status that a new request gets there, undefined where nothing listens. */
const HOPS: readonly { host: number; transport: Transport; answers: number | undefined }[] = [
  { host: 12, transport: "UDP", answers: 200 },
  { host: 101, transport: "UDP", answers: 200 },
  { host: 101, transport: "TCP", answers: 200 },
  { host: 102, transport: "TCP", answers: 202 },
  { host: 103, transport: "UDP", answers: 404 },
  { host: 104, transport: "UDP", answers: 503 },
  { host: 105, transport: "TCP", answers: 503 },
  { host: 106, transport: "TCP", answers: undefined },
];
const ROUTER = 1;
const INSIDE = 10;
/** In the first trusted network, in the second, in none. */
const OUTSIDE = [20, 25, 40];
const SIP_PORT = 5060;
const INSIDE_PORT = 5070;

/** Identifies a request of an act wherever it turns up. */
export function idOf(message: Pick<ReceivedRequest, "headers" | "body">): string {
  return `${header(message, "Call-ID")} ${header(message, "CSeq")}`;
}

/** Everybody around the router: those who send, and the next hops. */
export class Cast {
  readonly world: World;
  /** Where the router is. */
  readonly router: RouterAddress;
  /** Dialogs that were opened, by Call-ID: what comes in them is answered with 200 everywhere. */
  readonly dialogs = new Set<string>();
  readonly #agents: ReadonlyMap<string, UserAgent>;
  readonly #answers: ReadonlyMap<string, number | undefined>;
  readonly #visits = new Map<string, Visit[]>();
  readonly #seen = new Map<UserAgent, number>();

  private constructor(
    block: AddressBlock,
    agents: readonly UserAgent[],
    answers: Map<string, number | undefined>,
  ) {
    this.world = worldOf(block);
    this.router = { host: block.address(ROUTER), port: SIP_PORT, insidePort: INSIDE_PORT };
    this.#agents = new Map(agents.map((agent) => [agent.host, agent]));
    this.#answers = answers;
    for (const agent of agents) agent.handler = (request) => this.#receive(agent, request);
  }

  static async gather(block: AddressBlock): Promise<Cast> {
    const listening = HOPS.filter(({ answers }) => answers !== undefined).map(({ host }) => host);
    const hosts = [...new Set([INSIDE, ...OUTSIDE, ...listening])];
    const agents = await Promise.all(
      hosts.map((host) => UserAgent.open({ host: block.address(host), port: SIP_PORT })),
    );
    const answers = HOPS.map(({ host, transport, answers }): [string, number | undefined] => {
      return [uriOf(block.address(host), transport), answers];
    });
    return new Cast(block, agents, new Map(answers));
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

  /** Forgets all visits; what came to anybody since the last call without being `known` by its id, as text. */
  takeStrays(known: ReadonlySet<string>): string[] {
    this.#visits.clear();
    const strays = [...this.#agents.values()].flatMap((agent) => {
      const news = agent.received.slice(this.#seen.get(agent) ?? 0);
      this.#seen.set(agent, agent.received.length);
      return news.filter((request) => !known.has(idOf(request))).map((request) => ({ agent, request }));
    });
    return strays.map(
      ({ agent, request }) => `${agent.host} got an unexpected ${request.method} ${request.uri}`,
    );
  }

  /** Responses that nobody waited for, since the last call. */
  takeStrayResponses(): SipResponseMessage[] {
    return [...this.#agents.values()].flatMap((agent) => agent.strayResponses.splice(0));
  }

  async close(): Promise<void> {
    await Promise.all([...this.#agents.values()].map((agent) => agent.close()));
  }

  #receive(agent: UserAgent, request: ReceivedRequest): { status: number } {
    const hop = uriOf(agent.host, request.transport);
    const id = idOf(request);
    this.#visits.set(id, [...this.visitsOf(id), { hop, agent, request }]);
    if (this.dialogs.has(header(request, "Call-ID"))) return { status: 200 };
    return { status: this.answers(hop) ?? 200 };
  }
}

function worldOf(block: AddressBlock): World {
  const router = block.address(ROUTER);
  const network = (first: number): string => `${block.address(first)}/29`;
  return {
    localDomains: ["local.test", "b.test"],
    insideNetworks: [network(8)],
    ownAddresses: [SIP_PORT, INSIDE_PORT].map((port) => ({ host: router, port })),
    nextHops: [
      ...HOPS.map(({ host, transport }) => ({ nextHop: block.address(host), protocolType: transport })),
      { nextHop: block.address(101), protocolType: "TLS" },
      { nextHop: router, protocolType: "UDP" },
    ],
    sources: [INSIDE, ...OUTSIDE].map((host) => block.address(host)),
    networks: [network(16), network(24)],
  };
}

function uriOf(host: string, transport: string): string {
  return `sip:${host}:${SIP_PORT};transport=${transport.toLowerCase()}`;
}
