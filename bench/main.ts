/** `npm run bench`: the product beside its baselines, in one run. `--quick` takes under 5 minutes. */
import { writeFileSync } from "node:fs";
import { kamailioBinaries } from "../test/support/kamailio-binaries.ts";
import { measureApplyToRouted } from "./apply-to-routed.ts";
import { measureDiscoveryRate, measureFirstRequests } from "./discovery.ts";
import { ROUTES } from "./federation-objects.ts";
import { bareListMs, startAndProgram } from "./first-programming.ts";
import { measureFailoverTime } from "./failover-time.ts";
import { fuzzRouter } from "./fuzz.ts";
import { Installation, programmed, quiet } from "./installation.ts";
import { operatorMemoryMb } from "./operator-memory.ts";
import { measureRelayCost } from "./relay-cost.ts";
import { readOptions } from "./options.ts";
import { jsonOf, tableOf, type Row } from "./report.ts";
import * as rows from "./rows.ts";
import { median } from "./statistics.ts";
import { measureTlsCost } from "./tls-cost.ts";
import { measureXmpp, type XmppSizes } from "./xmpp.ts";

interface Sizes {
  readonly rounds: number;
  readonly requests: number;
  readonly failovers: number;
  readonly lists: number;
  readonly applies: number;
  readonly firstRequests: number;
  readonly discoveries: number;
  /** Mutants for each Kamailio. */
  readonly mutants: number;
  readonly xmpp: XmppSizes;
}

const DOMAINS = 100_000;
const QUICK: Sizes = {
  rounds: 20,
  requests: 1500,
  failovers: 3,
  lists: 2,
  applies: 200,
  firstRequests: 200,
  discoveries: 1000,
  mutants: 4000,
  xmpp: { firstRequests: 200, rounds: 3, messages: 2000 },
};
const FULL: Sizes = {
  ...QUICK,
  rounds: 60,
  requests: 3000,
  failovers: 10,
  lists: 5,
  firstRequests: 1000,
  discoveries: 10_000,
  mutants: 100_000,
  xmpp: { firstRequests: 1000, rounds: 9, messages: 5000 },
};

const sections = { relay, tls, failover, federation, xmpp, fuzz };
const options = readOptions(process.argv.slice(2), Object.keys(sections));
const sizes = options.quick ? QUICK : FULL;
const startedAt = performance.now();

function say(what: string): void {
  const seconds = (performance.now() - startedAt) / 1000;
  process.stderr.write(`${seconds.toFixed(0).padStart(4)} s  ${what}\n`);
}

async function relay(): Promise<Row[]> {
  say("relaying: bare, with 10 and 100,000 known domains, and by weight, in turns");
  return rows.relay(await measureRelayCost(sizes));
}

async function tls(): Promise<Row[]> {
  say("relaying over TLS: bare and the router, in both directions, in turns");
  return rows.tls(await measureTlsCost(sizes));
}

async function failover(): Promise<Row[]> {
  say("requests whose first next hop fails");
  return rows.failover(await measureFailoverTime(sizes.failovers));
}

async function federation(): Promise<Row[]> {
  say(`control plane with ${ROUTES} routes and ${DOMAINS} domains`);
  const installation = await Installation.create(DOMAINS);
  const result = await withInstallation(installation);
  await installation.stop();
  return result;
}

async function withInstallation(installation: Installation): Promise<Row[]> {
  say("operator without domains");
  const empty = installation.createReplica(installation.otherNamespace);
  await startAndProgram(empty);
  await quiet(empty);
  const emptyMb = await operatorMemoryMb(empty);
  await empty.stop();

  const listMs: number[] = [];
  const programMs: number[] = [];
  let replica = installation.createReplica();
  for (let n = 0; n < sizes.lists; n += 1) {
    say("bare list, then an operator that programs an empty router");
    if (n > 0) {
      await replica.stop(); // it would still look at statuses while the list is timed
      replica = installation.createReplica();
    }
    listMs.push(await bareListMs(installation, DOMAINS));
    programMs.push(await startAndProgram(replica));
  }
  await quiet(replica);
  const fullMb = await operatorMemoryMb(replica);

  say("changes of a route");
  const apply = await measureApplyToRouted(installation, replica, sizes.applies);
  say("first requests to unknown domains");
  const first = await measureFirstRequests(installation, replica, sizes.firstRequests);
  say("discoveries");
  const rate = await measureDiscoveryRate(installation, replica, sizes.discoveries);
  await programmed(replica);
  await replica.stop();
  return [
    ...rows.applyToRouted(apply),
    ...rows.programming(median(programMs), median(listMs)),
    ...rows.firstRequests(first),
    ...rows.discoveryRate(rate),
    ...rows.memory(emptyMb, fullMb),
  ];
}

async function xmpp(): Promise<Row[]> {
  say("unknown domains, with XMPP and without, in turns; then messages to XMPP and back");
  return rows.xmpp(await measureXmpp(sizes.xmpp));
}

async function fuzz(): Promise<Row[]> {
  const { mutants: messages = sizes.mutants, seed } = options;
  say(`fuzzing: ${messages} mutants at each Kamailio, seed ${seed}`);
  const runs = kamailioBinaries().map((binary) => fuzzRouter(binary, { messages, seed }));
  return rows.fuzz(await Promise.all(runs));
}

const wanted = Object.entries(sections).filter(([name]) => (options.only ?? name) === name);
const measured: Row[] = [];
for (const [, section] of wanted) measured.push(...(await section()));
say("done");
console.log(tableOf(measured));
if (options.json !== undefined) writeFileSync(options.json, jsonOf(measured));
