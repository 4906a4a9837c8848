/** Every row of the decision table, through kubectl and SIP, over UDP and TCP, while closed and while open. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { hostPort } from "../../support/sip/build.ts";
import { explain } from "./admin.ts";
import { inbound, outbound, type Case } from "./decision-cases.ts";
import { Federation, type Over } from "./federation.ts";
import { closed, domain, open, route, to, type Manifest } from "./objects.ts";
import type { Call, Party } from "./party.ts";

const STATES = ["closed", "open"] as const;
const TRANSPORTS = ["udp", "tcp"] as const;
const TRUSTED = ["trusted-group", "trusted", "trusted-ping", "trusted-missing"];
/** Nothing listens there. */
const DISCARD = 9;

type State = (typeof STATES)[number];

export function testDecisionTable(family: "IPv4" | "IPv6"): void {
  let federation: Federation;
  let partner: Party;
  const known: string[] = [];

  before(async () => {
    federation = await Federation.start({ family, config: settings });
    partner = await federation.party("partner");
    partner.answers(({ uri }) => ({ status: uri.includes("nobody@") ? 404 : 200 }));
    await federation.cluster.apply(...(await objects(federation)));
  });
  after(() => federation.stop());

  for (const state of STATES) {
    describe(`${family}, while ${state}`, () => {
      before(() => federation.cluster.apply((state === "open" ? open : closed)(to(partner))));

      for (const over of TRANSPORTS) {
        const expected = (one: Omit<Case, "to">): string =>
          state === "open" ? (one.open ?? one.closed) : one.closed;
        for (const one of outbound) {
          test(`outbound over ${over}: ${one.what}`, async () => {
            await check(federation.inside, prepared(one, { state, over }), expected(one), over);
          });
        }
        for (const one of inbound) {
          test(`inbound over ${over}: ${one.what}`, async () => {
            const whole = { to: "carol@example.com", ...one };
            await check(federation.outside, prepared(whole, { state, over }), expected(one), over);
          });
        }
      }

      test("the domains that may be cached are known now, and no others", async () => {
        const last = `last-${state}.group.example`;
        assert.equal(await federation.fromInside({ to: `bob@${last}` }), "200 at group");
        known.push(last);
        await federation.cluster.appears("FederatedDomain", last);
        assert.deepEqual(await federation.cluster.names("FederatedDomain", "discovered"), known.sort());
      });
    });
  }

  async function check(sender: Party, call: Call, expected: string, over: Over): Promise<void> {
    const whole = sender === federation.inside ? { from: "alice@example.com", ...call } : call;
    const [expectation = "", cached] = expected.split(", cached");
    const row = await rowOf(whole, sender);
    assert.equal(`row ${row}: ${await federation.outcomeOf(sender, whole, { over })}`, expectation);
    if (cached === undefined) return;
    const external = sender === federation.inside ? whole.to : whole.from;
    known.push(external?.split("@")[1] ?? "");
  }

  async function rowOf({ method = "MESSAGE", to: uri, from = "" }: Call, sender: Party): Promise<number> {
    const source = sender === federation.inside ? {} : { source: sender.host };
    const { row } = await explain(federation.replica, {
      method,
      uri: uri.includes(":") && !uri.includes("@[") ? uri : `sip:${uri}`,
      ...(from !== "" && { from: `sip:${from}` }),
      ...source,
    });
    return row;
  }

  function prepared(call: Call, { state, over }: { state: State; over: Over }): Call {
    const own = hostPort({ ...federation.replica.target(over, { family }), port: 5060 }).replace(/:\d+$/, "");
    const fill = (text: string): string => text.replace("#", `${state}-${over}`).replace("ROUTER", own);
    return {
      ...(call.method !== undefined && { method: call.method }),
      ...(call.headers && { headers: call.headers.map(([name, value]) => [name, fill(value)] as const) }),
      ...(call.from !== undefined && { from: fill(call.from) }),
      to: fill(call.to),
    };
  }

  function settings({ outsideAddress }: { outsideAddress: string }): Record<string, unknown> {
    const labels = STATES.flatMap((state) => TRANSPORTS.map((over) => `${state}-${over}`));
    const domains = TRUSTED.flatMap((name) => labels.map((label) => `${label}.${name}.example`));
    const sources = [family === "IPv6" ? "::1/128" : `${outsideAddress}/32`];
    return {
      localDomains: ["example.com", "unrouted.test", "shut.test", "dead.test"],
      trustedPeers: [{ sources, domains }],
    };
  }
}

async function objects(federation: Federation): Promise<Manifest[]> {
  const [platform, hub, group] = await Promise.all(
    ["platform", "hub", "group"].map((name) => federation.party(name)),
  );
  if (platform === undefined || hub === undefined || group === undefined) throw new Error("unreachable");
  for (const party of [platform, group]) {
    party.answers(({ uri }) => ({ status: uri.includes("nobody@") ? 404 : 200 }));
  }
  const nowhere = { ...to(hub), nextHopPort: DISCARD };
  const stranger = federation.outside.host;
  return [
    route("local", "example.com", to(platform)),
    route("local-shut", "shut.test", { blockRoute: true }),
    route("local-dead", "dead.test", nowhere),
    route("refused", "refused.example", { blockRoute: true }),
    route("refused-group", "*.refused-group.example", { blockRoute: true }),
    route("exact", "exact.group.example", to(hub, "UDP")),
    route("group", "*.group.example", to(group)),
    route("deep", "*.deep.group.example", to(hub, "UDP")),
    route("reversed", ".example.reversed.*", to(group, "UDP")),
    route("ping", "*.ping.example", to(group)),
    route("lost", "*.lost.example", to(group, "UDP")),
    route("trusted-group", "*.trusted-group.example", to(group)),
    route("disabled", "*.disabled.example", { ...to(group), service: "Disabled" }),
    route("falling", "falling.example", nowhere),
    route("dead", "dead.example", { ...nowhere, allowLessSpecificRoute: false }),
    route("dead-group", "*.dead-group.example", { ...nowhere, allowLessSpecificRoute: false }),
    domain("known.example"),
    domain("known.refused-group.example"),
    domain("exact.group.example"),
    domain("falling.example"),
    domain("dead.example"),
    domain("blocked.example", { policy: "Block" }),
    domain("xmpp.example", { protocol: "XMPP" }),
    domain("xmpp-proven.example", {
      protocol: "XMPP",
      sources: [stranger.includes(":") ? `${stranger}/128` : `${stranger}/32`],
    }),
  ];
}
