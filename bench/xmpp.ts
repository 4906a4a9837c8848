/** What asking over XMPP costs where the answer is no, and how many messages the gateway carries. */
import { setTimeout as sleep } from "node:timers/promises";
import { Environment } from "../test/support/environment.ts";
import type { Replica } from "../test/support/replica.ts";
import { waitFor } from "../test/support/wait-for.ts";
import { metric } from "../test/e2e/support/admin.ts";
import { open, route, to } from "../test/e2e/support/objects.ts";
import { ComponentEcho } from "./component-echo.ts";
import { startPeer, type Kamailio } from "./kamailio.ts";
import { SipLoad } from "./sip-load.ts";

export interface XmppMeasurement {
  /** Milliseconds to the final response of first requests to unknown domains of SIP. */
  readonly askedMs: readonly number[];
  /** The same with XMPP off. */
  readonly unaskedMs: readonly number[];
  /** Milliseconds from the question to the no, mean, as the operator counts them. */
  readonly questionMs: number;
  /** Messages a second that came back from a component of another server, each round with that of the baseline. */
  readonly rounds: readonly { readonly bare: number; readonly gateway: number }[];
}

export interface XmppSizes {
  readonly firstRequests: number;
  readonly rounds: number;
  /** In each round, of each. */
  readonly messages: number;
}

const LOCAL_DOMAIN = "example.com";
/** Of the gateway: the component of the baseline. */
const BARE_DOMAIN = "bare.example";
const ECHO_DOMAIN = "echo.example";
const USERS = 48;
const PAUSE_MS = 10;
const NO_LIMITS = { requestsPerSecond: 0, recipientsPerDay: 0, failingPercent: 0, floodPerSecond: 0 };
const UNLIMITED = { limits: NO_LIMITS, discovery: { ratePerSecond: 0, maxLimitedDomains: 0 } };
const PATIENCE = { timeout: 60_000, interval: 5 };

/** Its load, and a peer that answers 200 on both sides. */
interface Side {
  readonly environment: Environment;
  readonly peer: Kamailio;
  readonly load: SipLoad;
}

/** With XMPP on and off in turns, and through the gateway and past it in turns. */
export async function measureXmpp(sizes: XmppSizes): Promise<XmppMeasurement> {
  const config = ({ xmpp }: Environment) => ({ ...UNLIMITED, xmpp: xmpp.settings });
  const asking = await sideOf(await Environment.start({ xmpp: { furtherDomains: [BARE_DOMAIN] }, config }));
  const silent = await sideOf(await Environment.start({ config: UNLIMITED }));
  const { askedMs, unaskedMs } = await firstRequests(asking, silent, sizes.firstRequests);
  const questionMs = await meanQuestionMs(asking.environment.replica);
  await stop(silent);
  const rounds = await messages(asking, sizes);
  await stop(asking);
  return { askedMs, unaskedMs, questionMs, rounds };
}

async function sideOf(environment: Environment): Promise<Side> {
  const peer = startPeer(environment.peerAddress());
  await environment.apply(
    open(to({ ...peer.target }, "UDP")),
    route("local", LOCAL_DOMAIN, to({ ...peer.target }, "UDP")),
  );
  await environment.kubectl("wait", "--for=condition=Ready", "sroute", "--all", "--timeout=30s");
  return { environment, peer, load: await SipLoad.open(environment.insideAddress, LOCAL_DOMAIN) };
}

async function stop({ environment, peer, load }: Side): Promise<void> {
  load.close();
  await environment.stop();
  await peer.process.stop();
}

async function firstRequests(asking: Side, silent: Side, samples: number) {
  const askedMs: number[] = [];
  const unaskedMs: number[] = [];
  for (let n = 0; n < samples; n += 1) {
    askedMs.push(await first(asking, `stranger-${n}.example`));
    unaskedMs.push(await first(silent, `stranger-${n}.example`));
  }
  return { askedMs, unaskedMs };
}

async function first({ environment, load }: Side, domain: string): Promise<number> {
  await sleep(PAUSE_MS);
  const target = environment.replica.target("udp");
  const result = await load.run({ target, requests: 1, concurrency: 1, domain: () => domain });
  const [ms] = result.latenciesMs;
  if (ms === undefined || !result.statuses.has(200)) throw new Error(`${domain} was not reached`);
  return ms;
}

async function meanQuestionMs(replica: Replica): Promise<number> {
  const name = "sip_federation_xmpp_question_seconds";
  return (1000 * (await metric(replica, `${name}_sum`))) / (await metric(replica, `${name}_count`));
}

async function messages(side: Side, { rounds, messages: count }: XmppSizes) {
  const { environment } = side;
  const { xmpp } = environment;
  const names = ["host.example", ECHO_DOMAIN].map((name) => `DNS:${name}`);
  const host = environment.peerAddress();
  xmpp.dns.serve(ECHO_DOMAIN, host);
  const modules = { [ECHO_DOMAIN]: "bench_echo" };
  const components = { directory: import.meta.dirname, modules };
  await xmpp.server(host, { domain: "host.example", certificate: { names }, components });
  const echo = await ComponentEcho.open(xmpp.gateway, BARE_DOMAIN);
  const found: { bare: number; gateway: number }[] = [];
  await echo.rate(ECHO_DOMAIN, count);
  await throughGateway(side, count);
  for (let round = 0; round < rounds; round += 1) {
    found.push({ bare: await echo.rate(ECHO_DOMAIN, count), gateway: await throughGateway(side, count) });
  }
  await echo.close();
  return found;
}

/** Messages a second that leave the inside as MESSAGE, and come back to it as MESSAGE. */
async function throughGateway({ environment, load }: Side, count: number): Promise<number> {
  const { replica } = environment;
  const labels = { direction: "inbound", method: "MESSAGE", status: "200" };
  const cameBack = () => metric(replica, "sip_federation_xmpp_requests_total", labels);
  const before = await cameBack();
  const startedAt = performance.now();
  const { statuses } = await load.run({
    target: replica.target("udp"),
    requests: count,
    concurrency: USERS,
    domain: () => ECHO_DOMAIN,
    sender: (n) => `user${n % USERS}`,
  });
  await waitFor("all messages to come back", async () => (await cameBack()) - before >= count, PATIENCE);
  const elapsedMs = performance.now() - startedAt;
  if (statuses.get(200) !== count) throw new Error(`not all were taken: ${JSON.stringify([...statuses])}`);
  return (1000 * count) / elapsedMs;
}
