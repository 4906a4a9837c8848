/** A stranger meets its limits: what it is answered, what a person sees, and how it is adopted. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { waitFor } from "../support/wait-for.ts";
import { metric } from "./support/admin.ts";
import { conditionOf, fullConditionOf } from "./support/cluster.ts";
import { Federation } from "./support/federation.ts";
import { domain, route, to } from "./support/objects.ts";

const PARTNER = "partner.limits.example";
const FROM = { from: `bob@${PARTNER}`, to: "alice@example.com" };

let federation: Federation;

before(async () => {
  federation = await Federation.start({ config: { limits: { requestsPerSecond: 2, recipientsPerDay: 0 } } });
  await federation.cluster.apply(
    route("inside", "example.com", to(federation.inside)),
    domain(PARTNER, { trust: "Limited", sources: [`${federation.outside.host}/32`] }),
  );
});
after(() => federation.stop());

/** What becomes of many requests of the partner at once. */
async function sendMany(): Promise<string[]> {
  return Promise.all(Array.from({ length: 40 }, () => federation.fromOutside(FROM)));
}

test("beyond its limit a proven domain gets 480, and its FederatedDomain says so", async () => {
  const { cluster, replica } = federation;
  const outcomes = await sendMany();
  assert.ok(outcomes.includes("200 at inside"), outcomes.join());
  const limited = outcomes.filter((outcome) => outcome.startsWith("480"));
  assert.ok(limited.length > 0, outcomes.join());
  await cluster.kubectl("wait", `fd/${PARTNER}`, "--for=condition=Throttled", "--timeout=30s");
  const object = await cluster.get("FederatedDomain", PARTNER);
  assert.equal(conditionOf(object, "Throttled"), "True TooManyRequests");
  assert.match(fullConditionOf(object, "Throttled")?.message ?? "", /2 requests a second.*spec\.trust: Full/);
  assert.equal(conditionOf(object, "Ready"), "True Ready");
  const [header = "", row = ""] = (await cluster.kubectl("get", "fd", PARTNER, "-o", "wide")).split("\n");
  assert.equal(row.slice(header.indexOf("THROTTLED")).split(/\s/)[0], "True");
  assert.equal(await metric(replica, "sip_limited_total", { limit: "rate", by: "domain" }), limited.length);
  const event = await waitFor("the Event", async () =>
    (await cluster.events("FederatedDomain", PARTNER)).find(({ reason }) => reason === "Throttled"),
  );
  assert.equal(event.type, "Warning");
});

test("adopted, it has no limit", async () => {
  await federation.cluster.apply(
    domain(PARTNER, { trust: "Full", sources: [`${federation.outside.host}/32`] }),
  );
  assert.deepEqual(new Set(await sendMany()), new Set(["200 at inside"]));
});

test("in its name another source gets no further than any other stranger", async () => {
  const stranger = await federation.party("stranger");
  const send = (): Promise<string> => federation.outcomeOf(stranger, FROM);
  const outcomes = await Promise.all(Array.from({ length: 40 }, send));
  assert.ok(outcomes.some((outcome) => outcome.startsWith("480")));
  assert.equal(await federation.fromOutside(FROM), "200 at inside");
  await waitFor("a sample in the log", () =>
    federation.replica.operator.log().includes(`"source":"${stranger.host}","limit":"rate"`),
  );
});
