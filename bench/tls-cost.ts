/** What a message costs that comes or goes over TLS, against a Kamailio that only relays over TLS. */
import { once } from "node:events";
import { connect } from "node:net";
import { Authority } from "../test/support/authority.ts";
import { temporaryDirectory } from "../test/support/temporary.ts";
import { waitFor } from "../test/support/wait-for.ts";
import { fillRouter } from "./filled-router.ts";
import { knownDomain, LOCAL_DOMAIN } from "./federation-objects.ts";
import { TLS_PORT, tlsUri, udpUri, type BareOptions, type Router } from "./kamailio.ts";
import type { SipLoad, Target } from "./sip-load.ts";
import { Stage } from "./stage.ts";
import { takeTurns, type Contestant, type RelayCost, type TurnsOptions } from "./turns.ts";

export interface TlsMeasurement {
  /** From UDP to TLS. */
  readonly bareOutbound: RelayCost;
  /** The same as Debian's Kamailio starts. */
  readonly stockOutbound: RelayCost;
  /** From the inside over UDP to a known domain over TLS. */
  readonly outbound: RelayCost;
  /** From TLS to UDP. */
  readonly bareInbound: RelayCost;
  /** The same as Debian's Kamailio starts. */
  readonly stockInbound: RelayCost;
  /** From the inside over TLS to a known domain over UDP. */
  readonly fromInside: RelayCost;
  /** From a known domain over TLS, which its certificate proves, to the inside over UDP. */
  readonly inbound: RelayCost;
}

const WARM_UP = 2000;
const DOMAINS = 10;
const TLS_INSIDE_PORT = 5071;
/** What the certificate of the next hop is for. */
const HOP_NAME = "sip.peer.example";
const PARTNER = knownDomain(0);

/** Rounds in which all of them take turns; every request goes by connections that are open. */
export function measureTlsCost(options: Omit<TurnsOptions, "warmUp">): Promise<TlsMeasurement> {
  return Stage.play(async (stage) => {
    const directory = temporaryDirectory("bench-tls");
    new Authority().install(directory, { names: [`URI:sip:${HOP_NAME}`, `URI:sip:${PARTNER}`] });
    const env = { TLS_DIRECTORY: directory, TLS_INSIDE_PORT: `${TLS_INSIDE_PORT}` };
    const insideAddress = stage.address();
    const load = await stage.load(LOCAL_DOMAIN, insideAddress);
    const insideNetworks = [`${insideAddress}/32`];

    const goingOut = await stage.router(env);
    const out = await outbound(stage, goingOut, load, insideNetworks);
    const comingIn = await stage.router(env);
    const into = await inbound(stage, comingIn, load, insideNetworks);
    const costs = await takeTurns([...out, ...into], { ...options, warmUp: WARM_UP });
    return {
      bareOutbound: costs[0],
      stockOutbound: costs[1],
      outbound: costs[2],
      bareInbound: costs[3],
      stockInbound: costs[4],
      fromInside: costs[5],
      inbound: costs[6],
    };
  });
}

/** The bare relay, the stock one and the router, from UDP to the same peer over TLS. */
async function outbound(
  stage: Stage,
  kamailio: Router,
  load: SipLoad,
  insideNetworks: readonly string[],
): Promise<readonly [Contestant, Contestant, Contestant]> {
  const { tlsConfig } = kamailio;
  const peer = stage.peer({ tlsConfig });
  await listening(peer.target.host);
  const hop = { host: peer.target.host, port: TLS_PORT, protocolType: "TLS", serverName: HOP_NAME } as const;
  const router = { kamailio, load, domain: someDomain };
  await fillRouter(kamailio, { domains: DOMAINS, hops: [hop], insideNetworks }, () => connected(router));
  const bare = (options?: BareOptions): Contestant => {
    return { kamailio: stage.bare(tlsUri(peer.target), { ...options, tlsConfig }), load, domain: someDomain };
  };
  return [bare(), bare({ isStock: true }), router];
}

/** The bare relay, the stock one and the router twice, from relays in front of them over TLS to the same peer over UDP. */
async function inbound(
  stage: Stage,
  kamailio: Router,
  load: SipLoad,
  insideNetworks: readonly string[],
): Promise<readonly [Contestant, Contestant, Contestant, Contestant]> {
  const { tlsConfig, target } = kamailio;
  const peer = stage.peer();
  const front = (to: string) => stage.bare(to, { tlsConfig }).target;
  const behindFront = (options?: BareOptions): Contestant & { readonly entry: Target } => {
    const relay = stage.bare(udpUri(peer.target), { ...options, tlsConfig });
    return { kamailio: relay, entry: front(tlsUri(relay.target)), load, domain: someDomain };
  };
  const bare = behindFront();
  const stock = behindFront({ isStock: true });
  const insideFront = front(tlsUri({ ...target, port: TLS_INSIDE_PORT }));
  const outsideFront = front(tlsUri(target));
  const relays = [bare, stock].flatMap(({ kamailio: relay, entry }) => [relay.target, entry]);
  for (const { host } of [...relays, insideFront, outsideFront]) await listening(host);
  const partner = await stage.load(PARTNER);
  const fromInside = { kamailio, entry: insideFront, load, domain: someDomain };
  const fromPartner = { kamailio, entry: outsideFront, load: partner, domain: () => LOCAL_DOMAIN };
  await fillRouter(kamailio, { domains: DOMAINS, hops: [peer.target], insideNetworks }, async () => {
    await connected(fromInside);
    await connected(fromPartner);
  });
  return [bare, stock, fromInside, fromPartner];
}

function someDomain(n: number): string {
  return knownDomain(n % DOMAINS);
}

/** A first request opens the connection, while an operator reads the certificate. */
async function connected({ kamailio, entry, load, domain }: Contestant): Promise<void> {
  const target = entry ?? kamailio.target;
  const { statuses } = await load.run({ target, requests: 1, concurrency: 1, domain });
  if (!statuses.has(200)) throw new Error(`no connection: ${JSON.stringify([...statuses])}`);
}

async function listening(host: string): Promise<void> {
  await waitFor(`TLS at ${host}`, async () => {
    const socket = connect(TLS_PORT, host);
    await once(socket, "connect");
    socket.destroy();
    return true;
  });
}
