/** What the router remembers of a known domain that sends over TLS: it is served as the table has it, and for no longer. */
import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import { Authority } from "../../support/authority.ts";
import { kamailioBinaries } from "../../support/kamailio-binaries.ts";
import type { TableText } from "../../support/kamailio.ts";
import { LOCAL, RouterBed, tlsFor, to, uri } from "../../support/router-bed.ts";
import { headers, type Header } from "../../support/sip/message.ts";
import { UserAgent } from "../../support/sip/user-agent.ts";
import { TestOperator } from "../../support/test-operator.ts";
import { waitFor } from "../../support/wait-for.ts";

const ALICE = `sip:alice@${LOCAL}`;
const BOB = "sip:bob@partner.test";
/** At most two requests a second from a stranger. */
const LIMITS = "2|0|0|0|0|0|0";

for (const binary of kamailioBinaries()) {
  describe(`Kamailio ${binary.version}, memory of peers over TLS`, () => {
    const authority = new Authority();
    let bed: RouterBed;
    let operator: TestOperator;
    let second: UserAgent;
    let proven: UserAgent;
    let other: UserAgent;
    before(async () => {
      bed = await RouterBed.open(binary, { authority });
      operator = await TestOperator.connect(bed.router);
      const at = (place: number, name: string): Promise<UserAgent> =>
        UserAgent.open({ host: bed.address(place), ...tlsFor(authority, { names: [name] }) });
      second = await bed.open(103);
      [proven, other] = await Promise.all([at(104, "DNS:partner.test"), at(105, "DNS:other.test")]);
    });
    after(async () => {
      await operator.leave();
      await Promise.all([proven.close(), other.close()]);
      await bed.close();
    });
    beforeEach(async () => {
      bed.platform.handler = second.handler = () => ({ status: 200 });
      await bed.router.rpc("htable.flush", "down");
    });

    const program = (table: Omit<TableText, "inside"> = {}): Promise<void> =>
      bed.program({ ...table, names: { "partner.test": "A||", ...table.names } });

    /** The status of a request, and who got it. */
    const send = async (
      agent = proven,
      from = BOB,
      more: readonly Header[] = [],
    ): Promise<[string, number]> => {
      const hops = { platform: bed.platform, second };
      const before = { platform: bed.platform.received.length, second: second.received.length };
      const target = bed.target("tls");
      const { status } = await agent.request({ method: "MESSAGE", uri: ALICE, target, from, headers: more });
      const reached = (["platform", "second"] as const).filter((it) => hops[it].received.length > before[it]);
      return [reached.join(" then "), status];
    };

    /** Next hops by the names for which they are remembered. */
    const served = async (): Promise<Record<string, string | number>> => {
      const found: Record<string, string | number> = {};
      for (const [key, hop] of await bed.router.table("served")) found[key.replace(/^\d+ /, "")] = hop;
      return found;
    };

    test("the next hop of a known domain's requests is remembered by the first, for whoever may send them", async () => {
      await program();
      assert.deepEqual(await send(), ["platform", 200]);
      assert.deepEqual(await served(), { [`sip:${LOCAL} partner.test`]: uri(bed.platform) });
      const counted = await bed.router.counter("MESSAGE:relayed:inbound");
      assert.deepEqual(await send(other), ["platform", 200]);
      assert.equal(await bed.router.counter("MESSAGE:relayed:inbound"), counted + 1);
    });

    test("what has to be proven is remembered for the connection that has proven it", async () => {
      await program({ unproven: "R" });
      for (let n = 1; n <= 2; n += 1) {
        assert.deepEqual(await send(), ["platform", 200]);
        assert.deepEqual(await send(other), ["", 403]);
      }
      const keys = Object.keys(await served());
      assert.equal(keys.length, 1);
      assert.match(keys[0] ?? "", / partner\.test \d+$/);
    });

    test("a domain that limits count is not remembered, an adopted one is", async () => {
      await program({ limits: LIMITS, names: { "partner.test": "A|||L" } });
      const statuses: number[] = [];
      for (let n = 1; n <= 5; n += 1) statuses.push((await send())[1]);
      assert.ok(statuses.includes(480), statuses.join());
      assert.deepEqual(await served(), {});
      await program({ limits: LIMITS });
      for (let n = 1; n <= 5; n += 1) assert.deepEqual(await send(), ["platform", 200]);
      assert.equal(Object.keys(await served()).length, 1);
      assert.deepEqual((await send(other))[0], "platform");
      assert.equal(Object.keys(await served()).length, 1);
    });

    test("nothing else is remembered", async () => {
      await program({ names: { "refused.test": "B|", "unknown.test": "-|" } });
      for (const from of ["unknown.test", "new.test", "refused.test", "Partner.test", "partner.test."])
        await send(proven, `sip:bob@${from}`);
      await bed.fromOutside(ALICE);
      assert.deepEqual(await served(), {});
    });

    test("what is remembered is good for nobody else's name", async () => {
      await program({ names: { "refused.test": "B|" } });
      await send();
      assert.deepEqual(await send(proven, "sip:bob@refused.test"), ["", 403]);
      assert.deepEqual(await send(proven, `sip:bob@${LOCAL}`), ["", 403]);
      assert.deepEqual(await send(proven, "sip:bob@refused.test@partner.test"), ["", 400]);
    });

    test("identity, Route and a Proxy-Require are what they are for everybody", async () => {
      await program();
      await send();
      const more: Header[] = [
        ["P-Asserted-Identity", "<sip:boss@local.test>"],
        ["Route", "<sip:192.0.2.1;lr>"],
      ];
      assert.deepEqual(await send(proven, BOB, more), ["platform", 200]);
      const received = bed.platform.received.at(-1);
      assert.ok(received);
      assert.deepEqual(headers(received, "P-Asserted-Identity"), []);
      assert.deepEqual(headers(received, "Route"), []);
      assert.deepEqual(await send(proven, BOB, [["Proxy-Require", "magic"]]), ["", 420]);
    });

    for (const [what, lines, then] of [
      ["the domain is blocked", () => ["n/partner.test|B|"], ["", 403]],
      ["the domain is deleted", () => ["n/partner.test"], ["", 403]],
      ["the local route gets another next hop", () => [`s/${LOCAL}|${to(uri(second))}`], ["second", 200]],
      ["the local route is deleted", () => [`s/${LOCAL}`], ["", 404]],
    ] as const) {
      test(`no longer when ${what}`, async () => {
        await program({ open: false });
        await send();
        const epoch = (await bed.router.control.status())?.epoch ?? "";
        await bed.router.write(lines().map((line) => `${epoch}/${line}`));
        assert.deepEqual(await send(), then);
      });
    }

    test("it ends in time for the operator to be told again that the domain is active", async () => {
      await program();
      await send();
      await bed.router.rpc("htable.setex", "seen", "i:partner.test", 2);
      await program();
      const before = operator.active.length;
      await waitFor("it to be told again", async () => {
        assert.deepEqual(await send(), ["platform", 200]);
        return operator.active.length > before;
      });
      assert.deepEqual(operator.active.slice(before), ["partner.test|i"]);
    });

    test("a next hop that fails leaves the request to the next one, and is forgotten", async () => {
      await program({ sets: { [LOCAL]: to(uri(bed.platform), uri(second)) } });
      assert.deepEqual(await send(), ["platform", 200]);
      bed.platform.handler = () => ({ status: 503 });
      assert.deepEqual(await send(), ["platform then second", 200]);
      assert.deepEqual(await send(), ["second", 200]);
      assert.deepEqual(await served(), {});
    });
  });
}
