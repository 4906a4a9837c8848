/** The limits for strangers count for what comes over XMPP, too. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { waitFor } from "../support/wait-for.ts";
import type { XmppClient } from "../support/xmpp-client.ts";
import { metric } from "./support/admin.ts";
import { conditionOf, fullConditionOf } from "./support/cluster.ts";
import { Federation } from "./support/federation.ts";
import { domain, open, route, to } from "./support/objects.ts";
import type { Party } from "./support/party.ts";
import { conditionOfError, foreignServer, logIn, type ForeignServer } from "./support/xmpp-people.ts";

const MANY = 40;
const FLOODING = "flooding.example";

let federation: Federation;
let platform: Party;
let flooding: ForeignServer;
let quiet: ForeignServer;

before(async () => {
  federation = await Federation.start({
    xmpp: true,
    config: ({ xmpp }) => ({ xmpp: xmpp.settings, limits: { requestsPerSecond: 2, recipientsPerDay: 0 } }),
  });
  platform = await federation.party("platform");
  flooding = await foreignServer(federation, FLOODING);
  quiet = await foreignServer(federation, "quiet.example", { software: "ejabberd" });
  await federation.cluster.apply(
    route("local", "example.com", to(platform, "UDP")),
    open(to(await federation.party("partner"))),
  );
});
after(() => federation.stop());

/** Messages to as many users at once; how many errors of each condition came back. */
async function flood(client: XmppClient, word: string): Promise<Map<string, number>> {
  const recipients = Array.from({ length: MANY }, (_, n) => `user${n}@example.com`);
  const ids = new Set(await Promise.all(recipients.map((recipient) => client.message(recipient, word))));
  const errors = () => client.received.filter(({ attrs }) => ids.has(String(attrs.id)));
  const arrived = () => platform.agent.received.filter(({ body }) => body === word);
  await waitFor("all to arrive or to come back", () => errors().length + arrived().length === MANY);
  const conditions = new Map<string, number>([["none", arrived().length]]);
  for (const condition of errors().map(conditionOfError)) {
    conditions.set(condition, (conditions.get(condition) ?? 0) + 1);
  }
  return conditions;
}

test("beyond them an XMPP user is told that the recipient is unavailable, and the domain says why", async (t) => {
  const { cluster, replica } = federation;
  const client = await logIn(t, flooding);
  const other = await logIn(t, quiet);
  const outcomes = await flood(client, "Buy!");
  const limited = outcomes.get("recipient-unavailable") ?? 0;
  assert.deepEqual([...outcomes.keys()], ["none", "recipient-unavailable"]);
  assert.ok(limited > MANY / 2, `${limited}`);
  await other.message("alice@example.com", "Not me");
  await waitFor("the message of another domain", () =>
    platform.agent.received.some(({ body }) => body === "Not me"),
  );
  assert.equal(await metric(replica, "sip_limited_total", { limit: "rate", by: "domain" }), limited);

  const object = await cluster.appears("FederatedDomain", FLOODING);
  assert.deepEqual([object.spec.protocol, object.spec.trust], ["XMPP", "Limited"]);
  // it may have been known only after the first flood
  await flood(client, "Buy more!");
  await cluster.kubectl("wait", `fd/${FLOODING}`, "--for=condition=Throttled", "--timeout=30s");
  const throttled = await cluster.get("FederatedDomain", FLOODING);
  assert.equal(conditionOf(throttled, "Throttled"), "True TooManyRequests");
  assert.match(fullConditionOf(throttled, "Throttled")?.message ?? "", /2 requests a second/);
});

test("adopted, it has no limit", async (t) => {
  const client = await logIn(t, flooding);
  await federation.cluster.apply(domain(FLOODING, { protocol: "XMPP", trust: "Full" }));
  assert.deepEqual([...(await flood(client, "As a friend"))], [["none", MANY]]);
});
