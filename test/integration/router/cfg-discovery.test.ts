/** Requests to unknown domains: held, asked about once, resumed, learned; and what happens without an operator. */
import assert from "node:assert/strict";
import { after, before, describe, test, type TestContext } from "node:test";
import type { Verdict } from "../../../src/router/types.ts";
import { kamailioBinaries } from "../../support/kamailio-binaries.ts";
import { PORTS } from "../../support/kamailio-spec.ts";
import { LOCAL, RouterBed, to, uri } from "../../support/router-bed.ts";
import { TestOperator, type TestOperatorOptions } from "../../support/test-operator.ts";
import { waitFor } from "../../support/wait-for.ts";
import type { UserAgent } from "../../support/sip/user-agent.ts";

const HOLD_MS = 600;
const HOLD_LIMIT = 8;

for (const binary of kamailioBinaries()) {
  describe(`Kamailio ${binary.version}, discovery`, () => {
    let bed: RouterBed;
    before(async () => {
      const env = { HOLD_MS: String(HOLD_MS), HOLD_LIMIT: String(HOLD_LIMIT) };
      bed = await RouterBed.open(binary, { env });
    });
    after(() => bed.close());

    /** An open federation, in which the router knows nothing yet. */
    async function stage(
      t: TestContext,
      options?: TestOperatorOptions,
    ): Promise<{ hop: UserAgent; operator: TestOperator }> {
      const hop = await bed.peer(t);
      await bed.program({ sets: { "*": to(uri(hop)) }, peers: `${bed.address(20)}/32=trusted.test` });
      for (const table of ["learned", "verdicts"]) await bed.router.rpc("htable.flush", table);
      const operator = await TestOperator.connect(bed.router, options);
      t.after(() => operator.leave());
      return { hop, operator };
    }

    const learned = async (): Promise<Record<string, unknown>> =>
      Object.fromEntries(await bed.router.table("learned"));
    const seen = (hop: UserAgent): string[] => hop.received.map((it) => `${it.method} ${it.uri}`);

    test("a known domain is never asked about", async (t) => {
      const { hop, operator } = await stage(t, { verdict: "refused" });
      await bed.program({ sets: { "*": to(uri(hop)) }, names: { "known.test": "A|" } });
      assert.equal((await bed.fromInside("sip:a@known.test")).status, 200);
      assert.deepEqual(operator.questions, []);
      assert.deepEqual(await learned(), {});
    });

    test("asked about once, learned with the first 2xx, known from then on", async (t) => {
      const { hop, operator } = await stage(t, { verdict: "default" });
      hop.handler = () => ({ status: 404 });
      assert.equal((await bed.fromInside("sip:a@New.Test.")).status, 404);
      assert.deepEqual([operator.questions, operator.reports], [["new.test|o"], []]);
      hop.handler = () => ({ status: 202 });
      assert.equal((await bed.fromInside("sip:a@new.test")).status, 202);
      assert.equal((await bed.fromInside("sip:a@NEW.test")).status, 202);
      await waitFor("the report", () => operator.reports.length > 0);
      assert.deepEqual(operator.questions, ["new.test|o"]);
      assert.deepEqual(operator.reports, ["new.test|o|1"]);
      assert.deepEqual(await learned(), { "new.test": "1" });
      await bed.program({ open: false, sets: { "*": to(uri(hop)) } });
      assert.equal((await bed.fromInside("sip:a@new.test")).status, 202, "known while closed");
      await bed.router.rpc("htable.delete", "learned", "new.test");
      assert.equal((await bed.fromInside("sip:a@new.test")).status, 403, "forgotten");
    });

    test("a crowd asks once, also while the first of it is being answered", async (t) => {
      const { operator } = await stage(t, { verdict: "default" });
      for (let round = 1; round <= 40; round += 1) {
        const crowd = Array.from({ length: 30 }, (_, n) => `sip:user${n}@crowd${round}.test`);
        const answers = await Promise.all(crowd.map((user) => bed.fromInside(user)));
        assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
        assert.equal(operator.questions.length, round);
      }
    });

    test("verdicts on several domains in one order, where users have routes too", async (t) => {
      const { hop, operator } = await stage(t, {});
      await bed.program({ sets: { "*": to(uri(hop)), "@+49..": "-||0|" }, shapes: "5=,3,..;" });
      const unanswered = await bed.router.counter("questions:unanswered");
      const answers = ["one.test", "two.test", "three.test"].map((it) => bed.fromInside(`sip:+4930@${it}`));
      await waitFor("the questions", () => operator.questions.length === 3);
      const body = "one.test|D\ntwo.test|D\nthree.test|D";
      const control = `http://${bed.router.host}:${PORTS.control}`;
      assert.equal((await fetch(`${control}/verdict`, { method: "POST", body })).status, 200);
      assert.deepEqual(
        (await Promise.all(answers)).map(({ status }) => status),
        [200, 200, 200],
      );
      assert.equal(await bed.router.counter("questions:unanswered"), unanswered);
    });

    const verdicts: readonly (readonly [Verdict, number, readonly string[]])[] = [
      ["default", 200, ["v.test"]],
      ["uncached", 200, []],
      ["refused", 403, []],
    ];
    for (const [verdict, status, remembered] of verdicts) {
      test(`verdict ${verdict}: ${status}`, async (t) => {
        await stage(t, { verdict });
        assert.equal((await bed.fromInside("sip:a@v.test")).status, status);
        assert.deepEqual(Object.keys(await learned()), remembered);
      });

      test(`verdict ${verdict} serves those that come before the domain is known, unasked`, async (t) => {
        const { hop, operator } = await stage(t, { verdict });
        hop.handler = () => ({ status: 404 });
        for (const transport of ["udp", "tcp"] as const) {
          const target = bed.target(transport);
          const { status: refused } = await bed.fromInside("sip:a@slow.test", { target });
          assert.equal(refused, verdict === "refused" ? 403 : 404);
        }
        hop.handler = () => ({ status: 200 });
        assert.equal((await bed.fromInside("sip:a@slow.test", { method: "INVITE" })).status, status);
        assert.deepEqual(operator.questions, ["slow.test|o"]);
        assert.deepEqual(Object.keys(await learned()), remembered.length > 0 ? ["slow.test"] : []);
        assert.equal(await bed.router.counter("questions:outstanding"), 0);
      });
    }

    test("many requests of one domain ask once, and repeated ones are absorbed", async (t) => {
      const { hop, operator } = await stage(t, {});
      const target = bed.target();
      const sent = Array.from({ length: 8 }, (_, i) =>
        bed.inside.send({ method: "MESSAGE", uri: `sip:user${i}@many.test`, target }),
      );
      await waitFor("repetitions", () => sent.every(({ timesSent }) => timesSent() > 1), { interval: 1 });
      assert.deepEqual(hop.received, []);
      await bed.router.control.verdict("many.test", "default");
      const answers = await Promise.all(sent.map(({ final }) => final));
      assert.deepEqual(
        answers.map(({ status }) => status),
        Array.from({ length: 8 }, () => 200),
      );
      assert.equal(hop.received.length, 8);
      assert.deepEqual(operator.questions, ["many.test|o"]);
      assert.equal(await bed.router.counter("questions:outstanding"), 0);
    });

    test("a held INVITE that is cancelled goes nowhere, also when the verdict comes", async (t) => {
      const { hop, operator } = await stage(t, {});
      const sent = bed.inside.send({ method: "INVITE", uri: "sip:a@cancel.test", target: bed.target() });
      await waitFor("the question", () => operator.questions.length > 0);
      assert.equal((await bed.inside.cancel(sent)).status, 200);
      assert.equal((await sent.final).status, 487);
      assert.deepEqual(
        sent.provisional.map(({ status }) => status),
        [100],
      );
      await bed.router.control.verdict("cancel.test", "default");
      assert.equal((await bed.fromInside("sip:a@10.0.0.1")).status, 200); // comes after it
      assert.deepEqual(seen(hop), ["MESSAGE sip:a@10.0.0.1"]);
    });

    test("no answer in time: by the default route, reported but not remembered", async (t) => {
      const { operator } = await stage(t, {});
      const started = performance.now();
      assert.equal((await bed.fromInside("sip:a@late.test")).status, 200);
      assert.ok(performance.now() - started >= HOLD_MS * 0.8);
      assert.deepEqual(await learned(), { "late.test": "0" });
      await waitFor("the report", () => operator.reports.includes("late.test|o|0"));
      assert.equal(await bed.router.counter("questions:outstanding"), 0);
      await bed.router.control.verdict("late.test", "default"); // has no effect
      operator.verdict = "default";
      assert.equal((await bed.fromInside("sip:a@late.test")).status, 200);
      assert.deepEqual(operator.questions, ["late.test|o", "late.test|o"]);
      assert.deepEqual(await learned(), { "late.test": "1" });
    });

    test("no more questions at once than the limit: the next domain is served without one", async (t) => {
      const { operator } = await stage(t, {});
      const held = Array.from({ length: HOLD_LIMIT }, (_, n) => bed.fromInside(`sip:a@held${n}.test`));
      await waitFor("the questions", () => operator.questions.length === HOLD_LIMIT);
      const started = performance.now();
      assert.equal((await bed.fromInside("sip:a@beyond.test")).status, 200);
      assert.ok(performance.now() - started < HOLD_MS / 2);
      assert.equal(operator.questions.includes("beyond.test|o"), false);
      assert.deepEqual(new Set((await Promise.all(held)).map(({ status }) => status)), new Set([200]));
    });

    test("an operator that shows no life is not asked, and hears of all when it does again", async (t) => {
      const { operator } = await stage(t, { heartbeat: false });
      await bed.router.rpc("pv.shvSet", "heartbeat", "int", "1");
      assert.equal((await bed.fromInside("sip:a@silent.test")).status, 200);
      assert.deepEqual(operator.questions, []);
      const attentive = await TestOperator.connect(bed.router);
      t.after(() => attentive.leave());
      await waitFor("the report", () => attentive.reports.includes("silent.test|o|0"));
    });

    test("without an operator: by the default route, reported when one comes", async (t) => {
      const { operator } = await stage(t);
      await operator.leave();
      assert.equal((await bed.fromInside("sip:a@alone.test")).status, 200);
      assert.equal((await bed.fromOutside(`sip:a@${LOCAL}`, { from: "sip:b@trusted.test" })).status, 200);
      assert.deepEqual(await learned(), { "alone.test": "0", "trusted.test": "0" });
      const next = await TestOperator.connect(bed.router);
      t.after(() => next.leave());
      await waitFor("the reports", () => next.reports.length === 2);
      assert.deepEqual(next.reports.toSorted(), ["alone.test|o|0", "trusted.test|i|0"]);
    });

    test("inbound: a proven domain is asked about and learned but never waits, an unproven one is served", async (t) => {
      const { operator } = await stage(t, {});
      const started = performance.now();
      assert.equal((await bed.fromOutside(`sip:a@${LOCAL}`, { from: "sip:b@trusted.test" })).status, 200);
      assert.equal((await bed.fromOutside(`sip:a@${LOCAL}`, { from: "sip:b@unproven.test" })).status, 200);
      assert.ok(performance.now() - started < HOLD_MS);
      await waitFor("the report", () => operator.reports.length > 0);
      assert.deepEqual([operator.questions, operator.reports], [["trusted.test|i"], ["trusted.test|i|1"]]);
      assert.deepEqual(await learned(), { "trusted.test": "1" });
    });

    test("never asked about nor learned: addresses, single labels, localhost, invalid, underscores", async (t) => {
      const { operator } = await stage(t, { verdict: "refused" });
      const names = [
        "192.0.2.1",
        "[2001:db8::1]",
        "single",
        "a.localhost",
        "anonymous.invalid",
        "a_b.test",
        "a.1",
      ];
      for (const name of names) assert.equal((await bed.fromInside(`sip:a@${name}`)).status, 200, name);
      assert.deepEqual(operator.frames.length, 1);
      assert.deepEqual(await learned(), {});
    });

    test("OPTIONS and REGISTER teach nothing", async (t) => {
      await stage(t, { verdict: "default" });
      for (const method of ["OPTIONS", "REGISTER"]) {
        assert.equal((await bed.fromInside("sip:a@quiet.test", { method })).status, 200);
      }
      assert.deepEqual(await learned(), {});
    });
  });
}
