import { canonicalAddress } from "./address.ts";
import { decide } from "./decide.ts";
import type { Decision, NextHop, RoutingTable, SipRequest } from "./types.ts";

/** A decision with what a person wants to read first. */
export type Explanation = Decision & {
  /** What happens, in one line. */
  readonly summary: string;
  /** Where a relayed request goes first as of now: the most preferred address that is not known to be dead. */
  readonly nextHop?: Place | undefined;
  /** What is preferred to it and passed over, a sentence each. */
  readonly passedOver?: readonly string[];
};

/** An address of a next hop. */
export interface Place {
  /** `metadata.name` of the StaticRoute. */
  readonly route: string;
  /** IP address, IPv6 without brackets. */
  readonly address: string;
  readonly port: number;
  readonly transport: NextHop["transport"];
}

/** Where a next hop is as of now. */
export interface Whereabouts {
  /** Most preferred first. `alive` as probes found it; undefined while they have not. */
  readonly addresses: readonly (Pick<Place, "address" | "port"> & {
    readonly alive: boolean | undefined;
    /** Why it is not, where that is known, a sentence without its full stop. */
    readonly problem?: string;
  })[];
  /** Why there are none, a sentence without its full stop. */
  readonly problem: string | undefined;
}

type Relay = Extract<Decision, { action: "relay" }>;
type Look = (hop: NextHop) => Whereabouts;

/**
 * Why would this request go there? The same decision that the router takes, with its reasons.
 * @param look where next hops are; without it nothing is said of addresses
 */
export function explain(table: RoutingTable, request: SipRequest, look?: Look): Explanation {
  const decision = decide(table, request);
  const summary = summaryOf(decision);
  if (decision.action !== "relay" || !look) return { summary, ...decision };
  const { nextHop, passedOver } = firstOf(decision.candidates, look);
  if (passedOver.length === 0) return { summary, ...decision, nextHop, passedOver };
  const now = nextHop ? `now to ${placeOf(nextHop)}` : "now none of them answers";
  return { summary: `${summary}; ${now}`, ...decision, nextHop, passedOver };
}

function firstOf(
  candidates: readonly NextHop[],
  look: Look,
): Required<Pick<Explanation, "nextHop" | "passedOver">> {
  const passedOver: string[] = [];
  for (const hop of candidates) {
    const { addresses, problem } = look(hop);
    const { route, transport } = hop;
    if (addresses.length === 0)
      passedOver.push(`StaticRoute ${route}: ${problem ?? `${hop.host} is not resolved yet`}.`);
    for (const { address, port, alive, problem: why } of addresses) {
      const place = { route, address, port, transport };
      if (alive !== false) return { nextHop: place, passedOver };
      passedOver.push(
        `StaticRoute ${route}: ${placeOf(place)} ${why === undefined ? "does not answer probes" : `is passed over, ${why}`}.`,
      );
    }
  }
  return { nextHop: undefined, passedOver };
}

function placeOf({ address, port, transport }: Place): string {
  return `${address.includes(":") ? `[${address}]` : address}:${port} over ${transport}`;
}

function summaryOf(decision: Decision): string {
  switch (decision.action) {
    case "reply":
      return `answered with ${decision.status} ${decision.reason}`;
    case "drop":
      return "dropped";
    case "gateway":
      return "answered with 480 No XMPP Gateway: the domain is reached over XMPP, and this release has no gateway";
    case "relay":
      return summaryOfRelay(decision);
  }
}

function summaryOfRelay({ candidates, discover, cache, direction }: Relay): string {
  const [first, ...others] = candidates;
  const more = others.length === 0 ? "" : `, or to one of ${others.length} more`;
  const discovery = discover && direction === "outbound" ? ", after discovery" : "";
  const memory = cache ? "; a 2xx makes the domain known" : "";
  return `relayed to ${first ? addressOf(first) : "nobody"}${more}${discovery}${memory}`;
}

function addressOf({ host, port, transport, route }: NextHop): string {
  const bracketed = canonicalAddress(host)?.includes(":") ? `[${host}]` : host;
  const where = port === 0 ? `the SRV records of ${host}` : `${bracketed}:${port}`;
  return `${where} over ${transport} (StaticRoute ${route})`;
}
