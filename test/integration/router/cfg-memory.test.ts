/** What the router remembers of a known domain: it serves as the table does, and ends with whatever it rests on. */
import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import { kamailioBinaries } from "../../support/kamailio-binaries.ts";
import { LOCAL, RouterBed, to, toOr, uri } from "../../support/router-bed.ts";
import { headers } from "../../support/sip/message.ts";
import { UserAgent } from "../../support/sip/user-agent.ts";
import { waitFor } from "../../support/wait-for.ts";

const BOB = "sip:bob@partner.test";

interface Change {
  readonly what: string;
  /** Lines for the table; keys without their epoch. */
  readonly lines: (second: string) => readonly string[];
  /** Status, or who gets the request from then on. */
  readonly then: number | "second";
}

const CHANGES: readonly Change[] = [
  { what: "the domain is blocked", lines: () => ["n/partner.test|B|"], then: 403 },
  { what: "the domain moves to XMPP", lines: () => ["n/partner.test|X|"], then: 480 },
  { what: "the domain is deleted", lines: () => ["n/partner.test"], then: 403 },
  {
    what: "the domain gets a route",
    lines: (second) => [`s/partner.test|${to(second)}`, "n/partner.test|A|partner.test"],
    then: "second",
  },
  { what: "the route gets another next hop", lines: (second) => [`s/*|${to(second)}`], then: "second" },
  { what: "the route is deleted", lines: () => ["s/*"], then: 500 },
  { what: "a blocked route comes in between", lines: () => ["s/.test|1||0|"], then: 403 },
  {
    what: "a new route comes in between, with a new name in one write",
    lines: (second) => ["n/new.test|A|", `s/.test|${to(second)}`],
    then: "second",
  },
];

for (const binary of kamailioBinaries()) {
  describe(`Kamailio ${binary.version}, memory`, () => {
    let bed: RouterBed;
    let first: UserAgent;
    let second: UserAgent;
    let silent: UserAgent;
    before(async () => {
      bed = await RouterBed.open(binary, { env: { NON_INVITE_TIMEOUT_MS: "700" } });
      [first, second, silent] = await Promise.all([bed.open(101), bed.open(102), bed.open(103)]);
      silent.handler = () => undefined;
    });
    after(() => bed.close());
    beforeEach(async () => {
      first.handler = second.handler = () => ({ status: 200 });
      await bed.router.rpc("htable.flush", "down");
    });

    const program = (route: string, orders: Readonly<Record<string, string>> = {}): Promise<void> =>
      bed.program({ open: false, depth: 1, names: { "partner.test": "A|" }, sets: { "*": route }, orders });

    /** Next hops by the URIs for which they are remembered. */
    const remembered = async (): Promise<Record<string, string | number>> => {
      const found: Record<string, string | number> = {};
      for (const [key, hop] of await bed.router.table("remembered")) found[key.replace(/^\d+ ?/, "")] = hop;
      return found;
    };

    /** Who gets a request to the known domain, and the status that its sender gets. */
    const send = async (requestUri = BOB, method = "MESSAGE"): Promise<[string, number]> => {
      const hops = { first, second };
      const before = { first: first.received.length, second: second.received.length };
      const { status } = await bed.fromInside(requestUri, { method });
      const reached = (["first", "second"] as const).filter((it) => hops[it].received.length > before[it]);
      return [reached.join(" then "), status];
    };

    test("the first next hop of a single order is remembered, by the first request", async () => {
      await program(to(uri(first), uri(second)));
      assert.deepEqual(await remembered(), {});
      assert.deepEqual(await send(), ["first", 200]);
      assert.deepEqual(await remembered(), { "sip:partner.test": uri(first) });
      assert.deepEqual(await send(), ["first", 200]);
    });

    test("what is remembered is used for every method, and counted like anything else", async () => {
      await program(to(uri(first)));
      const relayed = (): Promise<number[]> =>
        Promise.all(["MESSAGE", "INVITE", "OPTIONS"].map((it) => bed.router.counter(`${it}:relayed`)));
      const [messages = 0, invites = 0, options = 0] = await relayed();
      await send();
      for (const method of ["MESSAGE", "INVITE", "OPTIONS"])
        assert.deepEqual(await send(BOB, method), ["first", 200], method);
      const invite = first.received.findLast(({ method }) => method === "INVITE");
      assert.ok(invite && headers(invite, "Record-Route").length > 0);
      // an answer may be there before what was relayed is counted
      await waitFor(
        "all to be counted",
        async () => String(await relayed()) === String([messages + 2, invites + 1, options + 1]),
      );
    });

    test("nothing else is remembered", async () => {
      await bed.program({
        names: { "exact.test": "-|exact.test", "sent.test": "A|" },
        sets: { "*": to(uri(first)), "exact.test": to(uri(first)) },
      });
      await send("sip:bob@exact.test");
      await send("sip:bob@unknown.test");
      await send("sip:bob@Sent.test");
      await send("sips:bob@sent.test");
      await send(`sip:alice@${LOCAL}`);
      await bed.fromOutside(`sip:alice@${LOCAL}`, { from: "sip:bob@sent.test" });
      assert.deepEqual(await remembered(), {});
    });

    test("several orders are remembered together, and every request takes any of them", async () => {
      await program("0||2|id", { "id/0": uri(first), "id/1": uri(second) });
      await send();
      assert.deepEqual(await remembered(), { "*sip:partner.test": "2|id" });
      const reached = new Set<string>();
      await waitFor("both", async () => {
        const [by, status] = await send();
        assert.equal(status, 200);
        return reached.add(by).size === 2;
      });
    });

    test("of remembered orders those next hops are passed over that have failed, while there is another", async () => {
      await program("0||2|id", {
        "id/0": `${uri(first)} ${uri(second)}`,
        "id/1": `${uri(first)} ${uri(second)}`,
      });
      assert.deepEqual(await send(), ["first", 200]);
      first.handler = () => ({ status: 503 });
      assert.deepEqual(await send(), ["first then second", 200]);
      for (let n = 1; n <= 3; n += 1) assert.deepEqual(await send(), ["second", 200]);
      assert.deepEqual(await remembered(), { "*sip:partner.test": "2|id" });
      second.handler = () => ({ status: 503 });
      assert.deepEqual(await send(), ["first then second", 500]);
    });

    test("a next hop of remembered orders that was passed over has its turn again", async () => {
      const order = `${uri(first)} ${uri(second)}`;
      await program("0||2|id", { "id/0": order, "id/1": order });
      first.handler = () => ({ status: 503 });
      assert.deepEqual(await send(), ["first then second", 200]);
      assert.deepEqual(await send(), ["second", 200]);
      first.handler = () => ({ status: 200 });
      await bed.router.rpc("htable.flush", "down");
      await waitFor("the first one", async () => (await send())[0] === "first");
    });

    const single = (): Promise<void> => program(to(uri(first)));
    const weighted = (): Promise<void> => program("0||2|id", { "id/0": uri(first), "id/1": uri(first) });
    const kinds = [
      ["a next hop", single],
      ["orders", weighted],
    ] as const;
    const changes = kinds.flatMap(([kind, programmed]) =>
      CHANGES.map((change) => ({ ...change, kind, programmed })),
    );
    for (const { kind, programmed, what, lines, then } of changes) {
      test(`${kind}: no longer when ${what}`, async () => {
        await programmed();
        await send();
        const epoch = (await bed.router.control.status())?.epoch ?? "";
        await bed.router.write(lines(uri(second)).map((line) => `${epoch}/${line}`));
        const expected = then === "second" ? ["second", 200] : ["", then];
        assert.deepEqual(await send(), expected);
        assert.deepEqual(await send(), expected);
      });
    }

    test("a new name makes nothing forgotten", async () => {
      await program(to(uri(first)));
      await send();
      const epoch = (await bed.router.control.status())?.epoch ?? "";
      await bed.router.write([`${epoch}/n/new.test|A|`]);
      assert.deepEqual(await remembered(), { "sip:partner.test": uri(first) });
    });

    test("another epoch forgets everything", async () => {
      await program(to(uri(first)));
      await send();
      await program(to(uri(second)));
      assert.deepEqual(await send(), ["second", 200]);
    });

    test("a next hop that fails is passed over by the next request", async () => {
      await bed.program({
        names: { "partner.test": "A|partner.test" },
        sets: { "*": to(uri(second)), "partner.test": toOr("*", uri(first)) },
      });
      assert.deepEqual(await send(), ["first", 200]);
      first.handler = () => ({ status: 503 });
      assert.deepEqual(await send(), ["first then second", 200]);
      first.handler = () => ({ status: 200 });
      assert.deepEqual(await send(), ["second", 200]);
      assert.deepEqual(await remembered(), {});
    });

    test("a next hop that fails leaves the request to the next one of its order", async () => {
      await program(to(uri(first), uri(second)));
      await send();
      first.handler = () => ({ status: 503 });
      assert.deepEqual(await send(), ["first then second", 200]);
      assert.deepEqual(await send(), ["second", 200]);
      assert.deepEqual(await remembered(), {});
    });

    test("a next hop to which nothing can be sent is passed over in the same request", async () => {
      const gone = await UserAgent.open({ host: bed.address(104) });
      const hop = uri(gone, "tcp");
      await bed.program({
        names: { "partner.test": "A|partner.test" },
        sets: { "*": to(uri(second)), "partner.test": toOr("*", hop) },
      });
      await send();
      assert.deepEqual(await remembered(), { "sip:partner.test": hop });
      await gone.close();
      await waitFor("the router to notice", async () => {
        const connections = await bed.router.connectionsTo(gone.host);
        return connections.length === 0;
      });
      assert.deepEqual(await send(), ["second", 200]);
    });

    test("a remembered next hop that does not answer is 500, as any", async () => {
      await program(to(uri(silent)));
      assert.deepEqual(await send(), ["", 500]);
      await bed.router.rpc("htable.flush", "down");
      assert.deepEqual(await send(), ["", 500]);
    });
  });
}
