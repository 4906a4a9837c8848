/** What the operator is told of known domains that have requests: each side of each once in a while. */
import assert from "node:assert/strict";
import { after, before, describe, test, type TestContext } from "node:test";
import { fromGateway, GATEWAY_ENV, openGateway } from "../../support/gateway-double.ts";
import { kamailioBinaries } from "../../support/kamailio-binaries.ts";
import { LOCAL, RouterBed, to, uri } from "../../support/router-bed.ts";
import type { UserAgent } from "../../support/sip/user-agent.ts";
import { TestOperator } from "../../support/test-operator.ts";
import { waitFor } from "../../support/wait-for.ts";

const ALICE = `sip:alice@${LOCAL}`;
const NAMES = { "known.test": "A|", "other.test": "A|", "xmpp.test": "X|", "blocked.test": "B|" };

for (const binary of kamailioBinaries()) {
  describe(`Kamailio ${binary.version}, activity`, () => {
    let bed: RouterBed;
    before(async () => {
      bed = await RouterBed.open(binary, { env: GATEWAY_ENV });
    });
    after(() => bed.close());

    const program = async (hop: UserAgent, table: Parameters<RouterBed["program"]>[0] = {}): Promise<void> =>
      bed.program({ open: false, ...table, names: NAMES, sets: { "*": to(uri(hop)), ...table.sets } });

    async function stage(t: TestContext) {
      const hop = await bed.peer(t);
      const gateway = await openGateway(t, bed);
      await program(hop);
      const operator = await TestOperator.connect(bed.router);
      t.after(() => operator.leave());
      /** Status of a request from the outside in the name of a domain. */
      const from = async (domain: string): Promise<number> =>
        (await bed.fromOutside(ALICE, { from: `sip:u@${domain}` })).status;
      const outbound = async (domain: string, scheme = "sip"): Promise<number> =>
        (await bed.fromInside(`${scheme}:u@${domain}`)).status;
      /** What was told when a request to this domain, the last of a test, was. */
      const told = async (): Promise<readonly string[]> => {
        assert.equal(await outbound("other.test"), 200);
        await waitFor("the last", () => operator.active.includes("other.test|o"));
        return operator.active.filter((one) => one !== "other.test|o");
      };
      return { hop, gateway, operator, from, outbound, told };
    }

    test("each side is told of once, however many requests there are", async (t) => {
      const { from, outbound, told } = await stage(t);
      for (let n = 0; n < 20; n += 1) {
        assert.equal(await outbound("known.test"), 200);
        assert.equal(await from("known.test"), 200);
      }
      assert.deepEqual(await told(), ["known.test|o", "known.test|i"]);
    });

    test("nor again when what was remembered of it is forgotten, or is none of that", async (t) => {
      const { hop, outbound, told } = await stage(t);
      await outbound("known.test");
      await program(hop);
      await outbound("known.test");
      await outbound("KNOWN.test");
      await outbound("known.test", "sips");
      await program(hop, { shapes: "1=,1;", sets: { "@u": to(uri(hop)) } });
      assert.equal(await outbound("known.test"), 200);
      assert.deepEqual(await told(), ["known.test|o"]);
    });

    test("what is remembered anew meanwhile ends in time", async (t) => {
      const { hop, operator, outbound } = await stage(t);
      const orders = { "id/0": uri(hop), "id/1": uri(hop) };
      await outbound("known.test");
      for (const table of [{}, { sets: { "*": "0||2|id" }, orders }]) {
        const before = operator.active.length;
        await bed.router.rpc("htable.setex", "seen", "o:known.test", 2);
        await program(hop, table);
        await waitFor("it to be told again", async () => {
          await outbound("known.test");
          return operator.active.length > before;
        });
      }
      assert.deepEqual(new Set(operator.active), new Set(["known.test|o"]));
    });

    test("a crowd is told of once", async (t) => {
      const { outbound, from, told } = await stage(t);
      await Promise.all(Array.from({ length: 40 }, (_, n) => (n % 2 ? outbound : from)("known.test")));
      assert.deepEqual([...(await told())].sort(), ["known.test|i", "known.test|o"]);
    });

    test("over XMPP both sides too", async (t) => {
      const { gateway, outbound, told } = await stage(t);
      assert.equal(await outbound("xmpp.test"), 200);
      for (const domain of ["xmpp.test", "known.test"])
        assert.equal((await fromGateway(bed, gateway, { from: `sip:u@${domain}` })).status, 200);
      assert.deepEqual(await told(), ["xmpp.test|o", "xmpp.test|i", "known.test|i"]);
    });

    test("what is refused is no activity, nor is what nobody knows", async (t) => {
      const { from, outbound, told, hop } = await stage(t);
      for (const domain of ["blocked.test", "closed.test"]) {
        assert.equal(await outbound(domain), 403);
        assert.equal(await from(domain), 403);
      }
      assert.equal(await from("xmpp.test"), 403, "it has proven nothing");
      assert.equal(
        (await bed.fromOutside(`sip:alice@nowhere.test`, { from: "sip:u@known.test" })).status,
        403,
      );
      await program(hop, { sets: { [LOCAL]: "1||0|" } });
      assert.equal(await from("known.test"), 403, "the route is blocked");
      await program(hop, { open: true });
      assert.equal(await from("unknown.test"), 200);
      assert.deepEqual(await told(), []);
    });

    test("a learned domain is known", async (t) => {
      const { from, outbound, told } = await stage(t);
      await bed.router.rpc("htable.sets", "learned", "new.test", "1");
      t.after(() => bed.router.rpc("htable.flush", "learned"));
      assert.equal(await outbound("new.test"), 200);
      assert.equal(await from("new.test"), 200);
      assert.deepEqual(await told(), ["new.test|o", "new.test|i"]);
    });

    test("without an operator nothing counts as told; who comes anew was told nothing", async (t) => {
      const { operator, from, outbound, told } = await stage(t);
      await outbound("known.test");
      await from("known.test");
      await told();
      await operator.leave();
      await outbound("xmpp.test");
      const next = await TestOperator.connect(bed.router);
      t.after(() => next.leave());
      await outbound("xmpp.test");
      await from("known.test");
      await waitFor("both", () => next.active.length === 2);
      assert.deepEqual(next.active, ["xmpp.test|o", "known.test|i"]);
    });
  });

  describe(`Kamailio ${binary.version}, activity that goes on`, () => {
    let bed: RouterBed;
    let operator: TestOperator;
    before(async () => {
      bed = await RouterBed.open(binary, { env: { ...GATEWAY_ENV, ACTIVITY_SECONDS: "1" } });
      operator = await TestOperator.connect(bed.router);
    });
    after(async () => {
      await operator.leave();
      await bed.close();
    });

    test("it is told of again and again, though the requests never pause", async (t) => {
      const hop = await bed.peer(t);
      const gateway = await openGateway(t, bed);
      await program(hop);
      const times = (what: string): number => operator.active.filter((one) => one === what).length;
      await waitFor(
        "the third time",
        async () => {
          await bed.fromInside("sip:u@known.test");
          await bed.fromInside("sip:u@xmpp.test");
          await bed.fromOutside(ALICE, { from: "sip:u@known.test" });
          await fromGateway(bed, gateway, { from: "sip:u@xmpp.test" });
          return ["known.test|o", "known.test|i", "xmpp.test|o", "xmpp.test|i"].every((it) => times(it) >= 3);
        },
        { timeout: 15_000 },
      );
      assert.ok(hop.received.length > 20, `${hop.received.length} requests`);
      assert.ok(times("known.test|o") <= 5, operator.active.join("\n"));
    });

    test("what is remembered ends though it is used, and is remembered anew at once", async (t) => {
      const hop = await bed.peer(t);
      await program(hop);
      const send = () => bed.fromInside("sip:u@known.test");
      await send();
      const [key = ""] = [...(await bed.router.table("remembered")).keys()];
      assert.match(key, /sip:known\.test$/);
      const holds = (): Promise<boolean> =>
        bed.router.rpc("htable.get", "remembered", key).then(
          () => true,
          () => false,
        );
      await waitFor("its end", async () => !(await holds()));
      await send();
      assert.equal(await holds(), true);
    });

    const program = (hop: UserAgent): Promise<void> =>
      bed.program({ open: false, names: NAMES, sets: { "*": to(uri(hop)) } });
  });
}
