import assert from "node:assert/strict";
import { describe, test, type TestContext } from "node:test";
import { Model } from "../../../src/federation/model.ts";
import { orders } from "../../../src/federation/shares.ts";
import type { SipRouter } from "../../../src/router/sip-router.ts";
import type { RouterHandlers, RouterOptions } from "../../../src/router/types.ts";
import { claimAddressBlock } from "../../support/addresses.ts";
import { config, domain, route } from "../../support/federation-objects.ts";
import { kamailioBinaries } from "../../support/kamailio-binaries.ts";
import { expectedEntries } from "../../support/router-table.ts";
import { UserAgent } from "../../support/sip/user-agent.ts";
import { waitFor } from "../../support/wait-for.ts";
import { RealRouter } from "./real-router.ts";

const SECOND = 1000;

for (const binary of kamailioBinaries()) {
  describe(`Kamailio ${binary.version}`, () => {
    /** A router that is open by one next hop, an inside and an operator that has programmed it. */
    async function setUp(
      t: TestContext,
      handlers: Partial<RouterHandlers> = {},
      options: Partial<RouterOptions> = {},
    ) {
      const block = await claimAddressBlock();
      const router = new RealRouter(binary, block.address(1));
      const inside = await UserAgent.open({ host: block.address(2) });
      const partner = await UserAgent.open({ host: block.address(3) });
      const silent = await UserAgent.open({ host: block.address(4), handler: () => undefined });
      const model = new Model(config({ insideNetworks: [`${inside.host}/32`] }));
      model.setRoute(route("open", { destinationPattern: ".*", nextHop: partner.host, blockRoute: false }));
      await router.start();
      const operators: SipRouter[] = [];
      t.after(async () => {
        for (const operator of operators) await operator.stop();
        await router.stop();
        await Promise.all([inside.close(), partner.close(), silent.close()]);
        block.release();
      });
      const events: string[] = [];
      /** Another process of the operator takes over. */
      const startOperator = async () => {
        const operator = router.operator(options);
        operators.push(operator);
        operator.start(model.table, {
          discover: (name) => {
            events.push(`discover ${name}`);
            return Promise.resolve("default");
          },
          learned: (name, direction, remembered) =>
            events.push(`learned ${name} ${direction} ${String(remembered)}`),
          programmed: () => events.push("programmed"),
          ...handlers,
        });
        await operator.apply(model.takeChanges());
        await waitFor("the event stream", () => operator.state().connected);
        return operator;
      };
      const message = async (host: string) => {
        const target = { host: router.host, port: 5060, transport: "udp" } as const;
        return (await inside.request({ method: "MESSAGE", uri: `sip:bob@${host}`, target })).status;
      };
      const operator = await startOperator();
      return { router, model, operator, startOperator, events, message, inside, partner, silent };
    }

    test("it tells which next hops it passes over", async (t) => {
      const { operator, message, partner, silent } = await setUp(t);
      const [failing, other] = [partner, silent].map(({ host }) => `sip:${host}:5060;transport=tcp`);
      assert.ok(failing !== undefined && other !== undefined);
      assert.deepEqual(await operator.down([failing, other]), new Set());
      partner.handler = () => ({ status: 503 });
      assert.equal(await message("a.test"), 500);
      assert.deepEqual(await operator.down([failing, other]), new Set([failing]));
    });

    test("100,000 domains are programmed, and the router relays by them", async (t) => {
      const { router, model, operator, message, partner } = await setUp(t);
      for (let n = 0; n < 100_000; n++) model.setDomain(domain(`partner-${n}.test`));
      const start = performance.now();
      await operator.apply(model.takeChanges());
      const took = performance.now() - start;
      t.diagnostic(`100,000 domains in ${took.toFixed(0)} ms`);
      const epoch = (await router.valueOf("t", "active"))?.split("|")[0] ?? "";
      assert.equal(await router.valueOf("t", `${epoch}/n/partner-99999.test`), "A|");
      assert.ok((await router.sizeOf("t")) > 100_000);
      assert.equal(await message("partner-77777.test"), 200);
      assert.equal(partner.received.length, 1);
      assert.ok(took < 30 * SECOND);
    });

    test("a killed router is back with its snapshot, and reprogrammed within a second", async (t) => {
      const { router, model, operator, events, message } = await setUp(t, {}, { snapshotDelayMs: 10 });
      model.setDomain(domain("a.test"));
      await operator.apply(model.takeChanges());
      await router.kill();
      await waitFor("the loss to be noticed", () => !operator.state().inForce, { timeout: SECOND });
      await router.start();
      await waitFor("the second programming", () => events.length === 2, { timeout: SECOND });
      assert.deepEqual(events, ["programmed", "programmed"]);
      assert.equal(await message("a.test"), 200);
    });

    test("an emptied router is reprogrammed within a second", async (t) => {
      const { router, model, operator, events, message } = await setUp(t);
      model.setDomain(domain("a.test"));
      await operator.apply(model.takeChanges());
      await router.flush("t");
      assert.equal(await router.ready(), false);
      await waitFor("the second programming", () => events.length === 2, { timeout: SECOND });
      assert.equal(await message("a.test"), 200);
    });

    test("an entry that was deleted by hand is noticed and back", async (t) => {
      const { router, model, operator, events, message } = await setUp(t, {}, { auditMs: 200 });
      model.setDomain(domain("a.test", { policy: "Block" }));
      await operator.apply(model.takeChanges());
      const epoch = (await router.valueOf("t", "active"))?.split("|")[0] ?? "";
      await router.remove("t", `${epoch}/n/a.test`);
      await waitFor("the second programming", () => events.filter((it) => it === "programmed").length === 2);
      assert.equal(await message("a.test"), 403);
    });

    test("with a snapshot a router serves before any operator is there", async (t) => {
      const { router, model, operator, message } = await setUp(t);
      model.setDomain(domain("a.test", { sources: ["2001:db8::/32"] }));
      model.setDomain(domain("blocked.test", { policy: "Block" }));
      for (const nextHop of ["2001:db8::1", "2001:db8::2"]) {
        model.setRoute(route(`to-${nextHop}`, { destinationPattern: "*.six.test", nextHop }));
      }
      await operator.apply(model.takeChanges());
      await operator.stop();
      await router.kill();
      await router.start();
      assert.equal(await router.ready(), true);
      for (const [key, value] of Object.entries(expectedEntries(model.table, orders))) {
        if (key !== "active") assert.equal(await router.valueOf("t", `snapshot/${key}`), value, key);
      }
      assert.equal(await message("a.test"), 200);
      assert.equal(await message("blocked.test"), 403);
    });

    test("an unknown domain is discovered once, reported, and forgotten on demand", async (t) => {
      const { router, operator, events, message } = await setUp(t);
      const answers = await Promise.all(Array.from({ length: 5 }, () => message("new.test")));
      assert.deepEqual(answers, [200, 200, 200, 200, 200]);
      const questions = (): readonly string[] => events.filter((event) => event.startsWith("discover"));
      await waitFor("the report", () => events.includes("learned new.test outbound true"));
      assert.deepEqual(questions(), ["discover new.test"]);
      assert.equal(await message("new.test"), 200);
      assert.equal(questions().length, 1, "a remembered domain is not asked for");
      await operator.forget("new.test");
      assert.equal(await router.valueOf("learned", "new.test"), undefined);
      assert.equal(await message("new.test"), 200);
      assert.equal(questions().length, 2, "a forgotten one is");
    });

    test("a domain that may not be served is refused", async (t) => {
      const { message, partner } = await setUp(t, { discover: () => Promise.resolve("refused") });
      assert.equal(await message("new.test"), 403);
      assert.equal(partner.received.length, 0);
    });

    test("what was reached without an operator is reported to the next one", async (t) => {
      const { operator, startOperator, events, message } = await setUp(t);
      await operator.stop();
      assert.equal(await message("new.test"), 200);
      await startOperator();
      await waitFor("the report", () => events.includes("learned new.test outbound false"));
      // Once or more often: what is reported as it happens is reported to a new connection, too.
      assert.deepEqual(new Set(events), new Set(["programmed", "learned new.test outbound false"]));
    });

    test("an operator that takes over programs anew, and the old epoch goes", async (t) => {
      const { router, operator, startOperator } = await setUp(t, {}, { grace: { setsMs: 50, ordersMs: 50 } });
      const before = await router.valueOf("t", "epochs");
      const size = await router.sizeOf("t");
      await operator.stop();
      await startOperator();
      const epochs = await waitFor("the sweep", async () => {
        const noted = await router.valueOf("t", "epochs");
        return noted !== before && noted?.includes(",") === false ? noted : undefined;
      });
      assert.notEqual(epochs, before);
      await waitFor("the old keys to go", async () => (await router.sizeOf("t")) === size);
    });

    test("a request on its way passes over a set that is deleted meanwhile", async (t) => {
      const { router, model, operator, inside, partner, silent } = await setUp(t);
      model.setRoute(
        route("exact", { destinationPattern: "a.test", nextHop: silent.host, protocolType: "UDP" }),
      );
      model.setRoute(
        route("below", { destinationPattern: "*.test", nextHop: silent.host, protocolType: "UDP" }),
      );
      model.setDomain(domain("a.test"));
      await operator.apply(model.takeChanges());
      const target = { host: router.host, port: 5060, transport: "udp" } as const;
      const call = inside.send({ method: "INVITE", uri: "sip:bob@a.test", target });
      await silent.waitForRequest("the first attempt", ({ method }) => method === "INVITE");
      model.deleteRoute("below");
      await operator.apply(model.takeChanges());
      assert.equal((await call.final).status, 200);
      assert.deepEqual([silent.received.length, partner.received.length], [1, 1]);
    });

    test("under traffic, no request is lost to changes of any kind", async (t) => {
      const { model, operator, message, partner } = await setUp(
        t,
        {},
        { grace: { setsMs: 2000, ordersMs: 500 } },
      );
      for (let n = 0; n < 10; n++) model.setDomain(domain(`d${n}.test`));
      await operator.apply(model.takeChanges());
      let changing = true;
      const statuses: number[] = [];
      const caller = async (n: number) => {
        while (changing) statuses.push(await message(`d${n}.test`));
      };
      const callers = Array.from({ length: 10 }, (_, n) => caller(n));
      const hop = { nextHop: partner.host };
      for (let change = 0; change < 1000; change++) {
        const name = `r${change % 20}`;
        const pattern = change % 2 === 0 ? `d${change % 10}.test` : "*.test";
        if (change % 3 === 0) model.deleteRoute(name);
        else model.setRoute(route(name, { destinationPattern: pattern, ...hop, weight: 1 + (change % 5) }));
        model.setDomain(domain(`d${change % 10}.test`, { trust: change % 2 === 0 ? "Full" : "Limited" }));
        if (change % 4 === 0) await operator.apply(model.takeChanges());
      }
      await operator.apply(model.takeChanges());
      changing = false;
      await Promise.all(callers);
      t.diagnostic(`${statuses.length} requests during 1,000 changes`);
      assert.deepEqual(new Set(statuses), new Set([200]));
    });
  });
}
