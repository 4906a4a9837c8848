import { claimAddressBlock } from "../../support/addresses.ts";
import { Authority } from "../../support/authority.ts";
import { freePorts } from "../../support/free-port.ts";
import { header, tagOf, type SipMessage } from "../../support/sip/message.ts";
import { UserAgent, type ReceivedRequest } from "../../support/sip/user-agent.ts";
import { IPV6, isFor, tlsOf } from "./identities.ts";
import { partsOf, Place, placeUri, PORTS, SIP_PORT, type Hop } from "./place.ts";

/** A request as it came to a next hop. */
export interface Visit {
  /** `placeUri` of the next hop. */
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
  /** Signs the certificates of everybody. */
  readonly authority: Authority;
  /** Dialogs that were opened, by Call-ID: what comes in them is answered with 200 everywhere. */
  readonly dialogs = new Set<string>();
  readonly #agents: ReadonlyMap<string, UserAgent>;
  /** By `placeUri`. */
  readonly #hops: ReadonlyMap<string, Hop>;
  readonly #visits = new Map<string, Visit[]>();
  /** Of all requests that anybody sent. */
  readonly #ids = new Set<string>();
  /** Of those that were sent more than once. */
  readonly #repeated = new Set<string>();
  readonly #seen = new Map<UserAgent, number>();

  private constructor(place: Place, authority: Authority, agents: readonly UserAgent[]) {
    this.place = place;
    this.authority = authority;
    this.#agents = new Map(agents.map((agent) => [agent.host, agent]));
    this.#hops = new Map([...place.hops, place.gateway].map((hop) => [placeUri(hop), hop]));
    for (const agent of agents) agent.handler = (request) => this.#receive(agent, request);
  }

  static async gather(): Promise<Cast> {
    const ports = await freePorts(IPV6, ...PORTS);
    const place = new Place(await claimAddressBlock(), ports);
    const authority = new Authority();
    const listening = place.hops.filter(({ answers }) => answers !== undefined).map(({ host }) => host);
    const { gateway } = place;
    const portOf = (host: string): number => {
      if (host === gateway.host) return gateway.port;
      return host === IPV6 ? ports.hopPort : SIP_PORT;
    };
    const open = (host: string): Promise<UserAgent> =>
      UserAgent.open({
        host,
        port: portOf(host),
        ...tlsOf(authority, place.identities.get(host)),
      });
    const agents = await Promise.all(
      Array.from(new Set([...place.senders, ...listening, gateway.host]), open),
    );
    return new Cast(place, authority, agents);
  }

  /**
   * Opens every connection to the router over TLS, so that it knows whose they are when its operator is away, too.
   * @throws Error when it does not answer.
   */
  async introduce(): Promise<void> {
    const { router, identities } = this.place;
    await Promise.all(
      Array.from(identities.keys(), async (address) => {
        const host = address === IPV6 ? router.ipv6 : router.ipv4;
        for (const port of [router.tlsPort, router.tlsInsidePort]) {
          const target = { host, port, transport: "tls" } as const;
          await this.agent(address).request({ method: "OPTIONS", uri: `sip:${router.ipv4}`, target });
        }
      }),
    );
  }

  /**
   * What a next hop answers to a new request; undefined where none gets there: nobody can be reached, or it is not who it
   * should be.
   */
  answers(uri: string): number | undefined {
    const { place, name } = partsOf(uri);
    const hop = this.#hops.get(place);
    if (hop === undefined || name === undefined) return hop?.answers;
    return isFor(this.place.namesOf(hop.host), name) ? hop.answers : undefined;
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
        ...requests.filter((request) => !this.#ids.has(idOf(request)) && !isOpening(agent, request)),
        ...agent.strayResponses.splice(0).filter((response) => !this.#repeated.has(idOf(response))),
      ].map((message) => `${agent.host} got an unexpected ${about(message)}`);
    });
  }

  async close(): Promise<void> {
    await Promise.all([...this.#agents.values()].map((agent) => agent.close()));
  }

  #receive(agent: UserAgent, request: ReceivedRequest): { status: number } {
    const hop = placeUri({
      ...agent.target(request.transport),
      transport: request.transport.toUpperCase() as Hop["transport"],
    });
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

/** By such a request the router opens a connection over TLS. */
function isOpening(agent: UserAgent, { method, transport, uri }: ReceivedRequest): boolean {
  if (method !== "OPTIONS" || transport !== "tls") return false;
  return uri === placeUri({ ...agent.target("tls"), transport: "TLS" });
}
