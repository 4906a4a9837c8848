/** A thousand changes at once while requests keep coming. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { FederatedDomain, StaticRoute } from "../../src/api/types.ts";
import { waitFor } from "../support/wait-for.ts";
import { explain, metric } from "./support/admin.ts";
import { conditionOf } from "./support/cluster.ts";
import { Federation } from "./support/federation.ts";
import { closed, domain, route, to, type Manifest } from "./support/objects.ts";
import type { Party } from "./support/party.ts";
import { Traffic, type Expected } from "./support/traffic.ts";

type AnyObject = StaticRoute | FederatedDomain;

/** Domains that change; each is named by its number. */
const DOMAINS = 250;
/** Applied, edited and deleted side by side. */
const LANES = 5;

let federation: Federation;
let partner: Party;
let platform: Party;
let left: Party;
let right: Party;

before(async () => {
  const config = { status: { writesPerSecond: 1000 }, discovery: { ratePerSecond: 0 } };
  federation = await Federation.start({ config });
  [partner, platform, left, right] = await Promise.all([
    federation.party("partner"),
    federation.party("platform"),
    federation.party("left"),
    federation.party("right"),
  ]);
  await federation.cluster.apply(
    closed(to(partner)),
    route("local", "example.com", to(platform)),
    domain("steady.example"),
    domain("blocked.example", { policy: "Block" }),
  );
});
after(() => federation.stop());

const name = (n: number): string => `d${n}.burst.example`;

/** What a person applies first, edits then, and deletes at last: every third domain has only a route. */
function applied(n: number): Manifest[] {
  return [
    route(`d${n}`, name(n), to(left, n % 2 === 0 ? "TCP" : "UDP")),
    ...(hasObject(n) ? [domain(name(n))] : []),
  ];
}

function edited(n: number): Manifest[] {
  return [
    route(`d${n}`, name(n), n % 5 === 0 ? { blockRoute: true } : to(right)),
    ...(hasObject(n) ? [domain(name(n), n % 7 === 0 ? { policy: "Block" } : { description: "edited" })] : []),
  ];
}

function deleted(n: number): Manifest[] {
  return [
    ...(n % 2 === 0 ? [route(`d${n}`, name(n))] : []),
    ...(hasObject(n) && n % 4 < 2 ? [domain(name(n))] : []),
  ];
}

function hasObject(n: number): boolean {
  return n % 3 !== 0;
}

/** Mostly to domains that change, and always to some that do not. */
function nextRequest(): Expected {
  const kind = Math.floor(Math.random() * 10);
  if (kind === 0) return { call: { to: "bob@blocked.example" }, outcomes: ["403"] };
  if (kind === 1) return { call: { to: "bob@steady.example" }, outcomes: ["200 at partner"] };
  if (kind === 2) {
    const call = { from: "bob@steady.example", to: "carol@example.com" };
    return { sender: federation.outside, call, outcomes: ["200 at platform"] };
  }
  const call = { to: `bob@${name(Math.floor(Math.random() * DOMAINS))}` };
  return { call, outcomes: ["200 at left", "200 at right", "200 at partner", "403"] };
}

test("a thousand changes in a burst lose no request, and end in the right table", async () => {
  const numbers = Array.from({ length: DOMAINS }, (_, n) => n);
  const count = numbers.flatMap((n) => [...applied(n), ...edited(n), ...deleted(n)]).length;
  assert.ok(count >= 1000, `${count} changes`);

  const traffic = new Traffic(federation, nextRequest, 4);
  const lanes = Array.from({ length: LANES }, (_, lane) => numbers.filter((n) => n % LANES === lane));
  await Promise.all(
    lanes.map(async (lane) => {
      await federation.cluster.synchronise(...lane.flatMap(applied));
      await federation.cluster.synchronise(...lane.flatMap(edited));
      await federation.cluster.remove(...lane.flatMap(deleted));
    }),
  ).finally(() => traffic.stop());
  assert.deepEqual(traffic.surprises, []);
  assert.ok(traffic.answered > DOMAINS, `${traffic.answered} requests`);

  const objects = await settled();
  for (const n of numbers) await check(n, objects);
});

/** Waits until everything that was asked for is in force, and returns all objects, by name. */
async function settled(): Promise<Map<string, AnyObject>> {
  const { cluster, replica } = federation;
  await waitFor(
    "learned domains to be written",
    async () => (await metric(replica, "sip_federation_unwritten_domains")) === 0,
  );
  // what comes after the deletes in the API comes after them in the router too
  await cluster.apply(route("last", "last.example", to(partner)), domain("last.example"));
  const objects = await waitFor(
    "everything to be Ready",
    async () => {
      const all = await cluster.everything();
      return all.every(isReady) && all;
    },
    { timeout: 60_000, interval: 500 },
  );
  return new Map(objects.map((object) => [object.metadata.name, object]));
}

function isReady(object: AnyObject): boolean {
  const isSeen = object.status.observedGeneration === object.metadata.generation;
  return isSeen && conditionOf(object, "Ready").startsWith("True ");
}

/** The objects, the operator and the router say the same of a domain. */
async function check(n: number, objects: ReadonlyMap<string, AnyObject>): Promise<void> {
  const expected = outcomeBy(objects.get(`d${n}`) as StaticRoute | undefined, objects.get(name(n)));
  const ping = { method: "OPTIONS", to: `bob@${name(n)}` };
  assert.equal(await federation.fromInside(ping), expected, `${name(n)} by SIP`);
  const decision = await explain(federation.replica, { method: "OPTIONS", uri: `sip:bob@${name(n)}` });
  const explained =
    decision.action === "relay"
      ? `200 at ${nameOf(decision.candidates[0]?.nextHop?.host)}`
      : decision.summary;
  assert.ok(explained.startsWith(expected) || explained.startsWith(`answered with ${expected}`), explained);
}

function outcomeBy(its: StaticRoute | undefined, known: AnyObject | undefined): string {
  if (known !== undefined && "policy" in known.spec && known.spec.policy === "Block") return "403";
  if (its?.spec.blockRoute === true) return "403";
  if (its !== undefined) return `200 at ${nameOf(its.spec.nextHop)}`;
  return known === undefined ? "403" : "200 at partner";
}

function nameOf(host: string | undefined): string {
  return [left, right, partner].find((party) => party.host === host)?.name ?? "nobody";
}
