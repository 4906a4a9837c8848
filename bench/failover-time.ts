/** How much longer a request takes when its first next hop fails. */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer } from "node:net";
import { Authority } from "../test/support/authority.ts";
import { UserAgent } from "../test/support/sip/user-agent.ts";
import { temporaryDirectory } from "../test/support/temporary.ts";
import { Model } from "../src/federation/model.ts";
import { RpcClient } from "../src/router/rpc-client.ts";
import { programRouter, settings } from "./filled-router.ts";
import { domainObject, LOCAL_DOMAIN, routeObject, specOf, type MeasuredHop } from "./federation-objects.ts";
import { SIP_PORT, TLS_PORT, type Router } from "./kamailio.ts";
import { Stage } from "./stage.ts";
import { median } from "./statistics.ts";

export const FAILURES = ["503", "refusedTcp", "refusedTls", "silentUdp", "silentTcp", "silentTls"] as const;
export type Failure = (typeof FAILURES)[number];

export interface FailoverTime {
  /** What an INVITE takes longer than one whose first next hop answers, in milliseconds: median. */
  readonly addedMs: number;
  /** The timeout of the transport that failed, in milliseconds. */
  readonly timeoutMs: number;
}

/** Milliseconds, as the router has them: to the first response to an INVITE, to connect over TCP, and over TLS. */
const INVITE_TIMEOUT_MS = 4000;
const CONNECT_TIMEOUT_MS = 1000;
const TLS_HOLD_MS = 2000;
const TIMEOUTS: Readonly<Record<Failure, number>> = {
  "503": INVITE_TIMEOUT_MS,
  refusedTcp: CONNECT_TIMEOUT_MS,
  refusedTls: TLS_HOLD_MS,
  silentUdp: INVITE_TIMEOUT_MS,
  silentTcp: INVITE_TIMEOUT_MS,
  silentTls: TLS_HOLD_MS,
};
const DIRECT = "direct.example";

/** @param samples of each kind; one of all kinds at once takes as long as the longest timeout */
export function measureFailoverTime(samples: number): Promise<Readonly<Record<Failure, FailoverTime>>> {
  return Stage.play(async (stage) => {
    const directory = temporaryDirectory("bench-failover");
    new Authority().install(directory, { names: ["DNS:router.example"] });
    const router = await stage.router({
      TLS_DIRECTORY: directory,
      INVITE_TIMEOUT_MS: `${INVITE_TIMEOUT_MS}`,
      TLS_HOLD_MS: `${TLS_HOLD_MS}`,
    });
    await program(router, await failingHops(stage), stage.peer().target);
    const caller = await UserAgent.open({ host: stage.address() });
    stage.atEnd(() => caller.close());
    const rpc = new RpcClient({ host: router.control.host, port: router.control.rpcPort });
    stage.atEnd(() => {
      rpc.close();
    });

    const taken = new Map<string, number[]>();
    for (let n = 0; n < samples; n += 1) {
      await rpc.call("htable.flush", ["down"]); // or the failed ones would be passed over
      const domains = [DIRECT, ...FAILURES.map(domainOf)];
      const times = await Promise.all(domains.map((domain) => timeOf(caller, router, domain)));
      for (const [at, domain] of domains.entries())
        taken.set(domain, [...(taken.get(domain) ?? []), times[at] ?? Number.NaN]);
    }
    const timeFor = (domain: string): number => median(taken.get(domain) ?? []);
    const entries = FAILURES.map((kind) => {
      const addedMs = timeFor(domainOf(kind)) - timeFor(DIRECT);
      return [kind, { addedMs, timeoutMs: TIMEOUTS[kind] }] as const;
    });
    return Object.fromEntries(entries) as Record<Failure, FailoverTime>;
  });
}

function domainOf(failure: Failure): string {
  return `${failure.toLowerCase()}.example`;
}

async function failingHops(stage: Stage): Promise<Readonly<Record<Failure, MeasuredHop>>> {
  const tls = { port: TLS_PORT, protocolType: "TLS", serverName: "hop.example" } as const;
  const tcp = { port: SIP_PORT, protocolType: "TCP" } as const;
  return {
    "503": stage.peer({ status: 503 }).target,
    refusedTcp: { host: stage.address(), ...tcp },
    refusedTls: { host: stage.address(), ...tls },
    silentUdp: { host: await silentUdp(stage), port: SIP_PORT },
    silentTcp: { host: await silentTcp(stage, SIP_PORT), ...tcp },
    silentTls: { host: await silentTcp(stage, TLS_PORT), ...tls },
  };
}

async function silentUdp(stage: Stage): Promise<string> {
  const host = stage.address();
  const socket = createSocket("udp4");
  socket.bind(SIP_PORT, host);
  await once(socket, "listening");
  stage.atEnd(() => socket.close());
  return host;
}

/** Connections are taken, and nothing is ever said on them. */
async function silentTcp(stage: Stage, port: number): Promise<string> {
  const host = stage.address();
  const server = createServer((socket) => socket.on("error", () => undefined).resume());
  server.listen(port, host);
  await once(server, "listening");
  stage.atEnd(() => server.close());
  return host;
}

/** Each kind of failure has a domain, with a next hop that works behind the one that fails. */
async function program(
  router: Router,
  failing: Readonly<Record<Failure, MeasuredHop>>,
  good: MeasuredHop,
): Promise<void> {
  const model = new Model(settings(router));
  const routes = FAILURES.flatMap((failure) => [
    specOf(domainOf(failure), { ...failing[failure], priority: 1 }),
    specOf(domainOf(failure), { ...good, priority: 2 }),
  ]);
  for (const [n, spec] of [specOf(DIRECT, good), ...routes].entries())
    model.setRoute(routeObject(`route-${n}`, spec));
  for (const domain of [DIRECT, ...FAILURES.map(domainOf)]) model.setDomain(domainObject(domain));
  await programRouter(router, model);
}

/** Milliseconds to the 200 to an INVITE. */
async function timeOf(caller: UserAgent, { target }: Router, domain: string): Promise<number> {
  const startedAt = performance.now();
  const { status } = await caller.request({
    method: "INVITE",
    uri: `sip:bob@${domain}`,
    from: `sip:alice@${LOCAL_DOMAIN}`,
    target: { ...target, transport: "udp" },
  });
  if (status !== 200) throw new Error(`${domain}: ${status}`);
  return performance.now() - startedAt;
}
