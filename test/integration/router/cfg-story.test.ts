/** What the router logs of a request, so that it can be followed by its Call-ID. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { after, before, beforeEach, describe, test } from "node:test";
import { repositoryRoot } from "../../../tools/setup/paths.ts";
import { freePort } from "../../support/free-port.ts";
import { kamailioBinaries } from "../../support/kamailio-binaries.ts";
import { PORTS } from "../../support/kamailio-spec.ts";
import { RouterBed, to, uri } from "../../support/router-bed.ts";
import { TestOperator } from "../../support/test-operator.ts";
import { waitFor } from "../../support/wait-for.ts";

for (const binary of kamailioBinaries()) {
  describe(`Kamailio ${binary.version}, what it logs`, () => {
    let bed: RouterBed;
    before(async () => {
      bed = await RouterBed.open(binary);
    });
    after(() => bed.close());
    beforeEach(() => {
      setLevel("debug");
    });

    function setLevel(level: string): void {
      const env = { ...process.env, CONTROL_HOST: bed.router.host, RPC_PORT: String(PORTS.rpc) };
      execFileSync(join(repositoryRoot, "src/router/kamailio-log"), [level], { env, stdio: "pipe" });
    }

    /** The story of a request, each line as it follows the Call-ID, once the last of them is there. */
    async function story(callId: string, last: RegExp): Promise<readonly string[]> {
      return waitFor(`the story of ${callId}`, () => {
        const lines = bed.router.log().split("\n");
        const told = lines.flatMap((line) => line.split(`<script>: ${callId} `)[1] ?? []);
        return last.test(told.at(-1) ?? "") && told.map(anonymous);
      });
    }

    /** Ports of clients are anybody's guess. */
    const anonymous = (line: string): string =>
      line.replace(` from udp:${bed.inside.host}:${bed.inside.port}`, " from INSIDE");

    const call = (id: string) => ({ headers: [["Call-ID", id] as const] });

    test("nothing, unless it is told to", async () => {
      setLevel("alert");
      await bed.program({ sets: { "*": "0||0|" } });
      const before = bed.router.log();
      await bed.fromInside("sip:a@quiet.test", call("quiet@test"));
      assert.equal(bed.router.log(), before);
    });

    test("a request that is refused, and why", async () => {
      await bed.program({ open: false });
      assert.equal((await bed.fromInside("sip:a@closed.test", call("closed@test"))).status, 403);
      assert.deepEqual(await story("closed@test", /answered with/), [
        "MESSAGE sip:a@closed.test from INSIDE: answered with 403 Federation Closed",
      ]);
    });

    test("an unknown domain: asked about, relayed, answered; the operator hears the Call-ID", async (t) => {
      const hop = await bed.peer(t);
      await bed.program({ sets: { "*": to(uri(hop)) } });
      const operator = await TestOperator.connect(bed.router, { verdict: "default" });
      t.after(() => operator.leave());
      assert.equal((await bed.fromInside("sip:a@new.test", call("new@test"))).status, 200);
      assert.deepEqual(await story("new@test", /answered 200/), [
        "MESSAGE: waits for the verdict on new.test",
        "MESSAGE: goes on, verdict on new.test: default",
        `MESSAGE sip:a@new.test from INSIDE goes to ${uri(hop)}`,
        `MESSAGE: udp:${hop.host}:${hop.port} answered 200`,
      ]);
      await waitFor("the report", () => operator.reports.length > 0);
      assert.ok(operator.frames.includes("Q|new.test|o|new@test"), operator.frames.join("\n"));
      assert.ok(operator.frames.includes("L|new.test|o|1|new@test"), operator.frames.join("\n"));
    });

    test("next hops that fail, one after the other", async (t) => {
      const hop = await bed.peer(t);
      const dead = { host: bed.address(150), port: await freePort(bed.address(150)) };
      const busy = await bed.peer(t, 1);
      busy.handler = () => ({ status: 503 });
      await bed.program({
        sets: { "*": to(uri(dead, "tcp"), uri(busy), uri(hop)) },
        names: { "known.test": "A|" },
      });
      assert.equal((await bed.fromInside("sip:a@known.test", call("failing@test"))).status, 200);
      assert.deepEqual(await story("failing@test", /answered 200/), [
        `MESSAGE sip:a@known.test from INSIDE goes to ${uri(dead, "tcp")}`,
        `MESSAGE: ${uri(dead, "tcp")} failed, passed over for 30 s`,
        `MESSAGE sip:a@known.test from INSIDE goes to ${uri(busy)}`,
        `MESSAGE: udp:${busy.host}:${busy.port} answered 503`,
        `MESSAGE: ${uri(busy)} failed, passed over for 5 s`,
        `MESSAGE sip:a@known.test from INSIDE goes to ${uri(hop)}`,
        `MESSAGE: udp:${hop.host}:${hop.port} answered 200`,
      ]);
    });

    test("a Call-ID writes no line of its own, and no more than a hundred characters of it travel", async (t) => {
      const hop = await bed.peer(t);
      await bed.program({ sets: { "*": to(uri(hop)) } });
      const operator = await TestOperator.connect(bed.router, { verdict: "default" });
      t.after(() => operator.leave());
      const long = "x".repeat(150);
      await bed.fromInside("sip:a@hostile.test", call(`\u001b[31m${long}|\r\n <script>: forged@test`));
      const line = `_[31m${long}|<script>:forged@test`;
      await waitFor("the story", () => bed.router.log().includes(`<script>: ${line}`));
      assert.doesNotMatch(bed.router.log(), /^[_ ]*<script>/m);
      assert.ok(
        operator.frames.includes(`Q|hostile.test|o|_[31m${long.slice(0, 95)}`),
        operator.frames.join("\n"),
      );
    });
  });
}
