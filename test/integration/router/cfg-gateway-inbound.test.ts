/** Requests of the XMPP gateway: of domains that are proven, to the inside alone; and who is taken for it. */
import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { after, before, describe, test, type TestContext } from "node:test";
import { fromGateway, GATEWAY_ENV, gatewayTarget, openGateway } from "../../support/gateway-double.ts";
import { kamailioBinaries } from "../../support/kamailio-binaries.ts";
import { PORTS } from "../../support/kamailio-spec.ts";
import { LOCAL, RouterBed, to, toOr, uri } from "../../support/router-bed.ts";
import { buildRequest } from "../../support/sip/build.ts";
import { serialise } from "../../support/sip/message.ts";
import type { RequestOptions, UserAgent } from "../../support/sip/user-agent.ts";
import { TestOperator } from "../../support/test-operator.ts";
import { waitFor } from "../../support/wait-for.ts";

const ALICE = `sip:alice@${LOCAL}`;

for (const binary of kamailioBinaries()) {
  describe(`Kamailio ${binary.version}, from the XMPP gateway`, () => {
    let bed: RouterBed;
    before(async () => {
      bed = await RouterBed.open(binary, { env: GATEWAY_ENV });
    });
    after(() => bed.close());

    interface Staged {
      readonly hop: UserAgent;
      readonly gateway: UserAgent;
      readonly operator: TestOperator;
      /** Status of a request of the gateway in the name of a domain. */
      readonly ask: (domain: string, options?: Partial<RequestOptions>) => Promise<number>;
    }

    async function stage(t: TestContext, table: Parameters<RouterBed["program"]>[0] = {}): Promise<Staged> {
      const hop = await bed.peer(t);
      const gateway = await openGateway(t, bed);
      await bed.program({
        ...table,
        names: { "xmpp.test": "X|", "sip.test": "A|", "blocked.test": "B|", "way.test": "-|way.test" },
        sets: {
          "*": to(uri(hop)),
          "way.test": to(uri(hop)),
          ".no.test": "1||0|",
          ...table.sets,
        },
        depth: 2,
      });
      for (const name of ["learned", "verdicts"]) await bed.router.rpc("htable.flush", name);
      const operator = await TestOperator.connect(bed.router);
      t.after(() => operator.leave());
      const ask: Staged["ask"] = async (domain, options) =>
        (await fromGateway(bed, gateway, { from: `sip:juliet@${domain}`, ...options })).status;
      return { hop, gateway, operator, ask };
    }

    test("known domains, and unknown ones while open, reach the inside, without anybody's identity", async (t) => {
      const { gateway, hop, operator, ask } = await stage(t, { unproven: "R" });
      const before = await bed.router.counter("gateway:received");
      const headers = [["P-Asserted-Identity", "<sip:juliet@xmpp.test>"] as const];
      const seen = bed.platform.received.length;
      for (const domain of ["xmpp.test", "sip.test", "new.test", "way.test", "XMPP.test."])
        assert.equal(await ask(domain, { headers, method: "SUBSCRIBE" }), 200, domain);
      const arrived = bed.platform.received.slice(seen);
      assert.deepEqual(
        arrived.map((it) => [it.uri, it.headers.some(([name]) => name === "P-Asserted-Identity")]),
        Array.from({ length: 5 }, () => [ALICE, false]),
      );
      assert.equal(await bed.router.counter("gateway:received"), before + 5);
      assert.deepEqual([...hop.received, ...gateway.received, ...operator.questions], []);
    });

    test("refused: the blocked, the unknown while closed, what is for others, our own names", async (t) => {
      const { hop, operator, ask } = await stage(t, { open: false });
      const seen = bed.platform.received.length;
      assert.equal(await ask("blocked.test"), 403);
      assert.equal(await ask("a.no.test"), 403);
      assert.equal(await ask("new.test"), 403);
      assert.equal(await ask(LOCAL), 403);
      assert.equal(await ask("xmpp.test", { uri: "sip:bob@sip.test" }), 403);
      assert.equal(await ask("xmpp.test", { uri: "sip:bob@xmpp.test" }), 403);
      assert.equal(await ask("xmpp.test", { uri: "tel:+123" }), 403);
      assert.equal(await ask("xmpp.test", { uri: `sips:alice@${LOCAL}` }), 480, "no next hop over TLS");
      assert.equal(await ask("xmpp.test", { uri: "urn:x" }), 416);
      for (const method of ["REGISTER", "PUBLISH"]) assert.equal(await ask("xmpp.test", { method }), 403);
      assert.equal(bed.platform.received.length, seen);
      assert.equal(await ask("way.test"), 200, "an explicit route");
      assert.equal(await ask("xmpp.test"), 200);
      assert.deepEqual([...hop.received, ...operator.questions], []);
    });

    test("the errors of the inside come back, its next hops fail over", async (t) => {
      const dead = bed.address(110);
      const { ask } = await stage(t, {
        sets: { [LOCAL]: toOr("", `sip:${dead}:5060;transport=tcp`, uri(bed.platform)) },
      });
      assert.equal(await ask("xmpp.test"), 200);
      t.after(() => (bed.platform.handler = () => ({ status: 200 })));
      for (const status of [404, 486, 603]) {
        bed.platform.handler = () => ({ status });
        assert.equal(await ask("xmpp.test"), status);
      }
    });

    test("the first 2xx is reported once, and is no domain of SIP", async (t) => {
      const { hop, operator, ask } = await stage(t);
      t.after(() => (bed.platform.handler = () => ({ status: 200 })));
      bed.platform.handler = () => ({ status: 404 });
      assert.equal(await ask("new.test"), 404);
      bed.platform.handler = () => ({ status: 200 });
      assert.equal(await ask("new.test", { method: "OPTIONS" }), 200);
      assert.equal(await ask("under_score.test"), 200);
      assert.equal(await ask("xmpp.test"), 200);
      assert.deepEqual(operator.reports, []);
      for (const name of ["new.test", "New.Test", "way.test"]) assert.equal(await ask(name), 200);
      await waitFor("the reports", () => operator.reports.length >= 2);
      assert.deepEqual(operator.reports, ["new.test|x|0", "way.test|x|0"]);
      operator.verdict = "uncached";
      assert.equal((await bed.fromInside("sip:a@new.test")).status, 200);
      assert.deepEqual(operator.questions, ["new.test|o"], "it is asked about as before");
      assert.equal(hop.received.length, 1);
    });

    test("it is reported again to an operator that comes, until that has it forgotten", async (t) => {
      const { operator, ask } = await stage(t);
      assert.equal(await ask("new.test"), 200);
      await waitFor("the report", () => operator.reports.length === 1);
      await operator.leave();
      const next = await TestOperator.connect(bed.router);
      await waitFor("the report", () => next.reports.length === 1);
      assert.deepEqual(next.reports, ["new.test|x|0"]);
      await bed.router.rpc("htable.delete", "learned", "new.test");
      assert.equal(await ask("new.test"), 200);
      await waitFor("another one", () => next.reports.length === 2);
      await next.leave();
    });

    test("reached over SIP too: that is what counts for the router", async (t) => {
      const { operator, ask } = await stage(t);
      assert.equal(await ask("both.test"), 200);
      operator.verdict = "default";
      assert.equal((await bed.fromInside("sip:a@both.test")).status, 200);
      await waitFor("the reports", () => operator.reports.length >= 2);
      assert.deepEqual(operator.reports, ["both.test|x|0", "both.test|o|1"]);
      assert.equal(await ask("both.test"), 200);
      assert.equal(operator.reports.length, 2);
    });

    test("the limits for strangers count by domain", async (t) => {
      const { operator, ask } = await stage(t, { limits: "0|2|0|1|1|1|0" });
      const names = { "xmpp.test": "X|||L", "full.test": "X|" };
      await bed.program({ limits: "0|2|0|1|1|1|0", names, sets: { "*": "0||0|" } });
      const to = (user: string) => ({ uri: `sip:${user}@${LOCAL}` });
      for (const user of ["a", "b", "a"]) assert.equal(await ask("xmpp.test", to(user)), 200);
      assert.equal(await ask("xmpp.test", to("c")), 480);
      for (const user of ["a", "b", "c"]) assert.equal(await ask("full.test", to(user)), 200);
      for (const user of ["a", "b"]) assert.equal(await ask("new.test", to(user)), 200, "and it is proven");
      assert.equal(await ask("new.test", to("c")), 480);
      await waitFor("the frame", () => operator.frames.includes("T|xmpp.test|recipients"));
      await bed.router.rpc("htable.flush", "recipients");
    });

    test("it pings us at our address", async (t) => {
      const { ask } = await stage(t);
      for (const host of [bed.router.host, "localhost", LOCAL])
        assert.equal(await ask("xmpp.test", { method: "OPTIONS", uri: `sip:${host}` }), 200);
      assert.equal(await ask("xmpp.test", { uri: `sip:x@${bed.router.host}` }), 403);
    });

    test("it is never the inside, though its address is in the inside's networks", async (t) => {
      const { gateway, hop, ask } = await stage(t);
      await bed.router.program({
        inside: `${bed.router.host}/32`,
        names: { [LOCAL]: `L|${LOCAL}`, "sip.test": "A|" },
        sets: { [LOCAL]: to(uri(bed.platform)), "*": to(uri(hop)) },
      });
      const target = bed.target("tcp");
      for (let round = 0; round < 3; round += 1) {
        const options = { method: "MESSAGE", uri: "sip:x@sip.test", target };
        assert.equal((await gateway.request(options)).status, 200, "by the other listener it is");
        assert.equal(await ask("sip.test", { uri: "sip:x@sip.test" }), 403);
        assert.equal(await ask("sip.test"), 200);
        assert.equal(await ask(LOCAL), 403);
      }
    });

    test("no other listener takes anybody for it", async (t) => {
      const { gateway } = await stage(t);
      const from = "sip:juliet@xmpp.test";
      for (const transport of ["udp", "tcp"] as const) {
        const target = bed.target(transport);
        for (const agent of [gateway, bed.outside])
          assert.equal((await agent.request({ method: "MESSAGE", uri: ALICE, target, from })).status, 403);
      }
      const socket = createSocket("udp4");
      const message = requestOf(gateway, from);
      const seen = bed.platform.received.length;
      socket.send(message, gatewayTarget(bed).port, bed.router.host);
      for (const port of [PORTS.health, PORTS.control]) assert.equal(await exchange(port, message), "");
      assert.equal((await bed.fromInside(`sip:${LOCAL}`, { method: "OPTIONS" })).status, 200);
      socket.close();
      assert.equal(bed.platform.received.length, seen);
    });

    test("its listener speaks no HTTP", async (t) => {
      await stage(t);
      const body = JSON.stringify({
        jsonrpc: "2.0",
        method: "htable.sets",
        params: ["t", "owned", "1"],
        id: 1,
      });
      for (const request of [
        `POST /RPC HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
        "GET /status HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
        "POST /verdict HTTP/1.1\r\nVia: SIP/2.0/TCP x\r\nContent-Length: 10\r\n\r\nown.test|D",
      ])
        assert.equal(await exchange(gatewayTarget(bed).port, request), "");
      assert.equal((await bed.router.table("t")).has("owned"), false);
    });

    /** Sends bytes over TCP; everything that comes until the other side closes. */
    async function exchange(port: number, data: string | Buffer): Promise<string> {
      const socket = connect({ host: bed.router.host, port });
      socket.write(data);
      return text(socket);
    }

    function requestOf(gateway: UserAgent, from: string): Buffer {
      const parts = { method: "MESSAGE", uri: ALICE, from, to: `<${ALICE}>`, headers: [], body: "" };
      return serialise(buildRequest(parts, gateway.target("tcp")));
    }
  });
}
