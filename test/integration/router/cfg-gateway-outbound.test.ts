/** Requests to domains that are reached over XMPP: to the gateway of the pod, and nowhere else. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { after, before, describe, test, type TestContext } from "node:test";
import { repositoryRoot } from "../../../tools/setup/paths.ts";
import { closeGateway, GATEWAY_ENV, GATEWAY_PORTS, openGateway } from "../../support/gateway-double.ts";
import { kamailioBinaries } from "../../support/kamailio-binaries.ts";
import { LOCAL, RouterBed, to, uri } from "../../support/router-bed.ts";
import { header, headers } from "../../support/sip/message.ts";
import type { UserAgent } from "../../support/sip/user-agent.ts";
import { waitFor } from "../../support/wait-for.ts";
import { TestOperator, type TestOperatorOptions } from "../../support/test-operator.ts";

const JULIET = "sip:juliet@xmpp.test";
const TIMEOUT_MS = 700;

test("half a gateway, or one at a port that is taken, is refused", () => {
  const { GATEWAY_PORT, GATEWAY_LISTEN_PORT } = GATEWAY_ENV;
  for (const [env, problem] of [
    [{ GATEWAY_PORT }, /GATEWAY_PORT and GATEWAY_LISTEN_PORT go together/],
    [{ GATEWAY_LISTEN_PORT }, /GATEWAY_PORT and GATEWAY_LISTEN_PORT go together/],
    [{ GATEWAY_PORT, GATEWAY_LISTEN_PORT: GATEWAY_PORT }, /is another port of this system/],
    [
      { GATEWAY_PORT, GATEWAY_LISTEN_PORT: "5070", SIP_INSIDE_PORT: "5070" },
      /is another port of this system/,
    ],
  ] as const) {
    const run = join(repositoryRoot, "src/router/kamailio-run");
    const { status, stderr } = spawnSync(run, ["-c"], {
      env: { ...process.env, KAMAILIO: "false", ...env },
      encoding: "utf8",
    });
    assert.equal(status, 64);
    assert.match(stderr, problem);
  }
});

for (const binary of kamailioBinaries()) {
  describe(`Kamailio ${binary.version}, to the XMPP gateway`, () => {
    let bed: RouterBed;
    before(async () => {
      bed = await RouterBed.open(binary, {
        env: { ...GATEWAY_ENV, GATEWAY_TIMEOUT_MS: String(TIMEOUT_MS) },
      });
    });
    after(() => bed.close());

    /** An open federation with a domain of XMPP, whose default route leads to `hop`. */
    async function stage(t: TestContext): Promise<{ hop: UserAgent; gateway: UserAgent }> {
      const hop = await bed.peer(t);
      const gateway = await openGateway(t, bed);
      const names = { "xmpp.test": "X|", "blocked.test": "B|" };
      await bed.program({ sets: { "*": to(uri(hop)) }, names });
      for (const table of ["learned", "verdicts"]) await bed.router.rpc("htable.flush", table);
      return { hop, gateway };
    }

    async function attended(t: TestContext, options: TestOperatorOptions): Promise<TestOperator> {
      const operator = await TestOperator.connect(bed.router, options);
      t.after(() => operator.leave());
      return operator;
    }

    test("what it carries arrives there, without anybody's identity", async (t) => {
      const { hop, gateway } = await stage(t);
      const [sent, relayed] = [
        await bed.router.counter("gateway:sent"),
        await bed.router.counter("SUBSCRIBE:relayed"),
      ];
      for (const method of ["MESSAGE", "SUBSCRIBE", "NOTIFY"]) {
        for (const transport of ["udp", "tcp"] as const) {
          const headers = [["P-Asserted-Identity", `<sip:alice@${LOCAL}>`] as const];
          const options = { method, target: bed.target(transport), headers, body: "Hi, Julia ❤" };
          gateway.handler = () => ({ status: 202, reason: "By Gateway" });
          const answer = await bed.fromInside(`${JULIET};x=y`, options);
          assert.deepEqual([answer.status, answer.reason], [202, "By Gateway"]);
          const [arrived] = gateway.received.slice(-1);
          assert.ok(arrived);
          assert.deepEqual(
            [arrived.method, arrived.uri, arrived.transport, arrived.body],
            [method, `${JULIET};x=y`, "tcp", options.body],
          );
          assert.equal(
            arrived.headers.some(([name]) => name.startsWith("P-")),
            false,
          );
          assert.match(header(arrived, "Via"), new RegExp(`TCP ${bed.router.host}:8067`));
        }
      }
      assert.equal(gateway.received.length, 6);
      assert.deepEqual(hop.received, []);
      // what was sent is counted after it, and may have been answered by then
      await waitFor("all to be counted", async () => {
        assert.equal(await bed.router.counter("gateway:sent"), sent + 6);
        assert.equal(await bed.router.counter("SUBSCRIBE:relayed"), relayed + 2);
        return true;
      });
    });

    test("what it does not carry is refused here", async (t) => {
      const { hop, gateway } = await stage(t);
      for (const method of ["INVITE", "OPTIONS", "INFO", "PUBLISH"]) {
        const answer = await bed.fromInside(JULIET, { method });
        assert.deepEqual([answer.status, headers(answer, "Allow")], [405, ["MESSAGE, SUBSCRIBE, NOTIFY"]]);
      }
      assert.equal((await bed.fromInside("sips:juliet@xmpp.test")).status, 480);
      assert.equal((await bed.fromInside("sip:x@blocked.test")).status, 403);
      assert.deepEqual([...gateway.received, ...hop.received], []);
    });

    test("nobody else reaches it by its address", async (t) => {
      const { gateway } = await stage(t);
      const address = `sip:x@${bed.router.host}:${GATEWAY_PORTS.gateway};transport=tcp`;
      assert.equal((await bed.fromInside(address)).status, 404);
      assert.equal((await bed.fromOutside(address)).status, 403);
      const route = [
        ["Route", `<sip:${bed.router.host}:${GATEWAY_PORTS.gateway};transport=tcp;lr>`] as const,
      ];
      await bed.fromInside(`sip:x@${LOCAL}`, { headers: route });
      await bed.fromOutside(`sip:x@${LOCAL}`, { headers: route });
      assert.deepEqual(gateway.received, []);
    });

    test("an error of its own is the answer", async (t) => {
      const { hop, gateway } = await stage(t);
      for (const status of [400, 403, 404, 405, 480, 481, 489, 500, 501, 504, 600]) {
        gateway.handler = () => ({ status, reason: "Of Its Own" });
        const answer = await bed.fromInside(JULIET);
        assert.deepEqual([answer.status, answer.reason], [status, "Of Its Own"]);
      }
      gateway.handler = () => ({ status: 503 });
      assert.equal(
        (await bed.fromInside(JULIET)).status,
        480,
        "it stops; 503 would take out this whole edge",
      );
      assert.equal(gateway.received.length, 12, "nothing is sent twice");
      assert.deepEqual(hop.received, []);
    });

    test("away: 480 at once, and never over SIP", async (t) => {
      const { hop, gateway } = await stage(t);
      const before = await bed.router.counter("MESSAGE:relayed");
      assert.equal((await bed.fromInside(JULIET)).status, 200);
      const relayed = before + 1;
      await waitFor(
        "it to be counted",
        async () => (await bed.router.counter("MESSAGE:relayed")) === relayed,
      );
      const away = await bed.router.counter("gateway:away");
      await closeGateway(gateway);
      const started = performance.now();
      const answer = await bed.fromInside(JULIET);
      assert.deepEqual([answer.status, answer.reason], [480, "XMPP Gateway Away"]);
      assert.equal((await bed.fromInside(JULIET, { method: "SUBSCRIBE" })).status, 480);
      assert.ok(performance.now() - started < TIMEOUT_MS, "it was not waited for");
      assert.deepEqual(hop.received, []);
      assert.equal(await bed.router.counter("MESSAGE:relayed"), relayed);
      assert.equal(await bed.router.counter("gateway:away"), away + 2);
      await openGateway(t, bed);
      assert.equal((await bed.fromInside(JULIET)).status, 200, "back again");
    });

    test("silent: 480 in time, and the message is sent once", async (t) => {
      const { gateway } = await stage(t);
      gateway.handler = () => undefined;
      const started = performance.now();
      const answer = await bed.fromInside(JULIET);
      assert.deepEqual([answer.status, answer.reason], [480, "XMPP Gateway Away"]);
      const took = performance.now() - started;
      assert.ok(took >= TIMEOUT_MS - 100 && took < TIMEOUT_MS + 1500, `${took} ms`);
      assert.equal(gateway.received.length, 1);
    });

    test("verdict gateway: what waits goes there, asked about once, and is not remembered", async (t) => {
      const { hop, gateway } = await stage(t);
      const operator = await attended(t, {});
      const methods = ["MESSAGE", "MESSAGE", "SUBSCRIBE", "INVITE"];
      const headers = [["P-Asserted-Identity", `<sip:alice@${LOCAL}>`] as const];
      const answers = methods.map((method) => bed.fromInside("sip:a@new.test", { method, headers }));
      await operator.asked("new.test|o");
      await bed.router.control.verdict("new.test", "gateway");
      const statuses = (await Promise.all(answers)).map(({ status }) => status);
      assert.deepEqual(statuses, [200, 200, 200, 405]);
      assert.equal((await bed.fromInside("sip:a@New.Test.", { method: "NOTIFY" })).status, 200);
      assert.equal((await bed.fromInside("sip:a@new.test", { method: "OPTIONS" })).status, 405);
      assert.deepEqual(operator.questions, ["new.test|o"]);
      assert.deepEqual(gateway.received.map(({ method }) => method).toSorted(), [
        ...["MESSAGE", "MESSAGE", "NOTIFY", "SUBSCRIBE"],
      ]);
      assert.ok(gateway.received.every((it) => !it.headers.some(([name]) => name.startsWith("P-"))));
      assert.deepEqual([...hop.received, ...operator.reports], []);
      assert.deepEqual([...(await bed.router.table("learned"))], []);
      assert.equal(await bed.router.counter("questions:outstanding"), 0);
    });

    test("verdict gateway is asked for anew when the name was known and is not any more", async (t) => {
      await stage(t);
      const operator = await attended(t, { verdict: "gateway" });
      const [epoch = ""] = String((await bed.router.table("t")).get("active")).split("|");
      assert.equal((await bed.fromInside("sip:a@deleted.test")).status, 200);
      await bed.router.write([`${epoch}/n/deleted.test|X|`]);
      assert.equal((await bed.fromInside("sip:a@deleted.test")).status, 200);
      assert.deepEqual(operator.questions, ["deleted.test|o"]);
      await bed.router.write([`${epoch}/n/deleted.test`]);
      assert.equal((await bed.fromInside("sip:a@deleted.test")).status, 200);
      assert.deepEqual(operator.questions, ["deleted.test|o", "deleted.test|o"]);
    });

    test("verdict gateway while it is away: 480", async (t) => {
      const { hop, gateway } = await stage(t);
      await attended(t, { verdict: "gateway" });
      await closeGateway(gateway);
      const answer = await bed.fromInside("sip:a@gone.test");
      assert.deepEqual([answer.status, answer.reason], [480, "XMPP Gateway Away"]);
      assert.deepEqual(hop.received, []);
    });

    test("verdict gateway counts for nothing where the domain was closed, blocked or given a route meanwhile", async (t) => {
      const { hop, gateway } = await stage(t);
      const operator = await attended(t, {});
      const changes = [
        [{ open: false, sets: { "*": to(uri(hop)) } }, 403],
        [{ names: { "changed.test": "B|" }, sets: { "*": to(uri(hop)) } }, 403],
        [
          {
            sets: { "changed.test": to(uri(hop)), "*": "0||0|" },
            names: { "changed.test": "-|changed.test" },
          },
          200,
        ],
      ] as const;
      for (const [table, status] of changes) {
        await bed.program({ sets: { "*": to(uri(hop)) } });
        await bed.router.rpc("htable.flush", "verdicts");
        const questions = operator.questions.length;
        const answer = bed.fromInside("sip:a@changed.test");
        await operator.asked("changed.test|o", questions + 1);
        await bed.program(table);
        await bed.router.control.verdict("changed.test", "gateway");
        assert.equal((await answer).status, status);
      }
      assert.deepEqual(gateway.received, []);
      assert.equal(hop.received.length, 1);
    });
  });
}
