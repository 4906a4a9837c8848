/** Limits for strangers: who is limited, by what, and that no From picks or dodges a limit. */
import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import { kamailioBinaries } from "../../support/kamailio-binaries.ts";
import { LOCAL, type RouterBed } from "../../support/router-bed.ts";
import { Dialog } from "../../support/sip/dialog.ts";
import { header, type SipResponseMessage } from "../../support/sip/message.ts";
import type { UserAgent } from "../../support/sip/user-agent.ts";
import { waitFor } from "../../support/wait-for.ts";
import { ALICE, limits, MANY, Strangers } from "./strangers.ts";

const RATE = 2;

for (const binary of kamailioBinaries()) {
  describe(`Kamailio ${binary.version}, limits for strangers`, () => {
    let strangers: Strangers;
    let bed: RouterBed;
    /** Another address of the outside. */
    let other: UserAgent;
    before(async () => {
      strangers = await Strangers.open(binary);
      ({ bed, other } = strangers);
    });
    after(() => bed.close());
    beforeEach(() => strangers.forget());

    test("without limits there are none", async () => {
      await bed.program();
      assert.equal((await strangers.sendMany()).limited, 0);
      await bed.program({ limits: limits({}) });
      assert.equal((await strangers.sendMany()).limited, 0);
    });

    test("a proven domain that nobody has adopted has its requests a second, and not more", async () => {
      await bed.program({ names: strangers.provenPartner("Limited"), limits: limits({ rate: RATE }) });
      const before = await strangers.counted("rate:domain");
      const { served, limited } = await strangers.sendMany();
      assert.ok(served >= RATE && limited > 0, `${served} served, ${limited} limited`);
      assert.equal((await strangers.counted("rate:domain")) - before, limited);
      const response = await waitFor("one beyond the limit", async () => {
        const one = await strangers.send();
        return one.status === 480 && one;
      });
      assert.equal(response.reason, "Too Many Requests");
      assert.equal(header(response, "Retry-After"), "1");
      await waitFor("the next second", async () => (await strangers.send()).status === 200);
    });

    test("an adopted and proven domain has no limit", async () => {
      await bed.program({
        names: strangers.provenPartner("Full"),
        limits: limits({ rate: RATE, recipients: 1, unproven: 1 }),
      });
      const { limited } = await strangers.sendMany((n) => ({ uri: `sip:user${n}@${LOCAL}` }));
      assert.equal(limited, 0);
    });

    test("nor has the inside", async () => {
      await bed.program({ limits: limits({ rate: RATE, recipients: 1, unproven: 1, flood: 1 }) });
      assert.equal(
        (await strangers.sendMany((n) => ({ uri: `sip:user${n}@${LOCAL}` }), bed.inside)).limited,
        0,
      );
    });

    test("a trusted peer proves a domain, which is limited all the same", async () => {
      await bed.program({ peers: `${bed.outside.host}/32=*;`, limits: limits({ rate: RATE }) });
      assert.ok((await strangers.sendMany()).limited > 0);
      assert.equal((await strangers.send({ from: "sip:bob@another.test" })).status, 200);
    });

    test("a forged From dodges nothing: what is not proven counts for its source", async () => {
      const names = {
        "full.test": "A||192.0.2.1/32",
        "limited.test": "A||192.0.2.1/32|L",
        "partner.test": "A|",
      };
      await bed.program({ names, limits: limits({ rate: RATE }) });
      const domains = [...Object.keys(names), "unknown.test", "localhost", "[2001:db8::1]", "x_y.test"];
      const before = await strangers.counted("rate:source");
      const { limited } = await strangers.sendMany((n) => ({
        from: `sip:u@${domains[n % domains.length] ?? ""}`,
      }));
      assert.ok(limited > MANY / 2, `${limited} limited`);
      assert.equal((await strangers.counted("rate:source")) - before, limited);
      const unique = await strangers.sendMany((n) => ({ from: `sip:u@d${n}.test` }));
      assert.ok(unique.limited > MANY / 2, `${unique.limited} limited`);
      const strange = await strangers.sendMany((n) => ({ from: `tel:+49${n}` }));
      assert.ok(strange.limited > MANY / 2, `${strange.limited} limited`);
    });

    test("a forged From throttles nobody else: neither the domain nor other sources", async () => {
      await bed.program({ names: strangers.provenPartner("Limited", other), limits: limits({ rate: RATE }) });
      assert.ok((await strangers.sendMany()).limited > 0);
      assert.equal((await strangers.send({}, other)).status, 200);
      assert.equal((await strangers.send({ from: "sip:u@stranger.test" }, bed.outside)).status, 480);
      assert.equal((await strangers.send({ from: "sip:u@stranger.test" }, other)).status, 200);
    });

    test("what nothing proves, of domains that nobody knows, has one limit for all sources", async () => {
      await bed.program({ names: { "known.test": "A|" }, limits: limits({ unproven: RATE }) });
      const before = await strangers.counted("unproven:source");
      const { limited } = await strangers.sendMany();
      assert.ok(limited > 0);
      assert.equal((await strangers.counted("unproven:source")) - before, limited);
      assert.equal((await strangers.sendMany(() => ({ from: "sip:u@known.test" }))).limited, 0);
      const response = await waitFor("one beyond the limit", async () => {
        const one = await strangers.send({ from: "sip:u@elsewhere.test" }, other);
        return one.status === 480 && one;
      });
      assert.equal(response.reason, "Too Many Unproven Requests");
    });

    test("so many different recipients a day; those that a stranger has written to stay open to it", async () => {
      await bed.program({ names: strangers.provenPartner("Limited"), limits: limits({ recipients: 3 }) });
      const write = async (user: string): Promise<SipResponseMessage> =>
        strangers.send({ uri: `sip:${user}@${LOCAL}` });
      for (const user of ["a", "b", "a", "%61", "c", "b"])
        assert.equal((await write(user)).status, 200, user);
      assert.equal((await strangers.send({ uri: `sip:a@${LOCAL.toUpperCase()}` })).status, 200);
      const response = await write("d");
      assert.equal(response.status, 480);
      assert.equal(response.reason, "Too Many Recipients");
      const retry = Number(header(response, "Retry-After"));
      assert.ok(retry > 11 * 7200 && retry <= 12 * 7200, `${retry} s`);
      assert.equal((await write("d")).status, 480);
      assert.equal((await write("c")).status, 200);
      // a tag in To does not make it a request within a dialog
      assert.equal(
        (await strangers.send({ uri: `sip:e@${LOCAL}`, to: `<sip:e@${LOCAL}>;tag=forged` })).status,
        480,
      );
      assert.equal(
        (await strangers.send({ uri: `sip:d@${LOCAL}`, from: "sip:u@stranger.test" })).status,
        200,
      );
      assert.ok((await strangers.counted("recipients:domain")) >= 3);
    });

    test("recipients count for a day from the last request to them", async (t) => {
      const names = strangers.provenPartner("Limited");
      const now = (): number => Math.floor(Date.now() / 1000 / 7200);
      const slot = now();
      await bed.program({ names, limits: limits({ recipients: 3 }) });
      const set = (key: string, count: number): Promise<unknown> =>
        bed.router.rpc("htable.seti", "distinct", key, count);
      await set(`partner.test:${slot - 12}`, 5);
      assert.equal((await strangers.send()).status, 200, "what is older than a day does not count");
      await set(`partner.test:${slot - 11}`, 2);
      const response = await strangers.send({ uri: `sip:x@${LOCAL}` });
      if (now() !== slot) {
        t.skip("the clock went on to the next slot");
        return;
      }
      assert.equal(response.status, 480, "what is not, does");
      assert.ok(Number(header(response, "Retry-After")) <= 7200);
    });

    test("one of earlier today moves on to now, and counts once", async () => {
      const slot = Math.floor(Date.now() / 1000 / 7200);
      await bed.program({ names: strangers.provenPartner("Limited"), limits: limits({ recipients: 2 }) });
      assert.equal((await strangers.send()).status, 200);
      const [[recipient] = []] = [...(await bed.router.table("recipients"))];
      assert.ok(recipient !== undefined);
      await bed.router.rpc("htable.flush", "distinct");
      await bed.router.rpc("htable.seti", "recipients", recipient, slot - 3);
      for (const owner of ["partner.test", "*"])
        await bed.router.rpc("htable.seti", "distinct", `${owner}:${slot - 3}`, 1);
      assert.equal((await strangers.send()).status, 200);
      const distinct = [...(await bed.router.table("distinct"))];
      assert.equal(distinct.length, 2);
      assert.ok(distinct.every(([, count]) => count === 1));
      assert.equal((await strangers.send({ uri: `sip:x@${LOCAL}` })).status, 200);
      assert.equal((await strangers.send({ uri: `sip:y@${LOCAL}` })).status, 480);
    });

    test("one whose requests mostly fail is slowed down, until they do not", async () => {
      const failing = { percent: 80, answers: 10, rate: 1 };
      await bed.program({ names: strangers.provenPartner("Limited"), limits: limits({ failing }) });
      bed.platform.handler = () => ({ status: 404 });
      for (let n = 0; n < 10; n += 1) assert.equal((await strangers.send()).status, 404);
      const response = await waitFor("one beyond the limit", async () => {
        const one = await strangers.send();
        return one.status === 480 && one;
      });
      assert.equal(response.reason, "Too Many Failures");
      assert.ok((await strangers.counted("failures:domain")) > 0);
      // others are not concerned
      assert.equal((await strangers.send({}, other)).status, 404);
      bed.platform.handler = () => ({ status: 200 });
      await waitFor("the next second", async () => (await strangers.send()).status === 200);
      // 3 successes in 14 would do; fewer come through in this time, so the past is made another one
      const period = Math.floor(Date.now() / 1000 / 300);
      for (const earlier of [period, period - 1])
        await bed.router.rpc("htable.seti", "answers", `partner.test:${earlier}`, 40);
      await waitFor("the last slow one", async () => (await strangers.send()).status === 200);
      assert.equal((await strangers.sendMany()).limited, 0);
    });

    test("an answer is judged by the settings in force, whichever process it comes to", async () => {
      const failing = { percent: 80, answers: 10, rate: 1 };
      const names = strangers.provenPartner("Limited");
      for (let round = 1; round <= 8; round += 1) {
        await bed.program({ names });
        await strangers.sendMany();
        await bed.program({ names, limits: limits({ failing }) });
        assert.equal((await strangers.send()).status, 200);
        assert.deepEqual(await bed.router.table("failing"), new Map());
      }
    });

    test("answers that only say that nobody took the call do not fail", async () => {
      const failing = { percent: 80, answers: 4, rate: 1 };
      await bed.program({ names: strangers.provenPartner("Limited"), limits: limits({ failing }) });
      for (const status of [401, 407, 486, 487, 302]) {
        bed.platform.handler = () => ({ status });
        for (let n = 0; n < 6; n += 1) assert.equal((await strangers.send()).status, status);
      }
    });

    test("what the router itself answers to a request that it let in counts as a failure", async () => {
      const failing = { percent: 80, answers: 4, rate: 1 };
      await bed.program({
        names: strangers.provenPartner("Limited"),
        sets: { [LOCAL]: `0||1|sip:${bed.address(150)}:9;transport=tcp` },
        limits: limits({ failing }),
      });
      for (let n = 0; n < 4; n += 1) assert.equal((await strangers.send()).status, 500);
      await waitFor("one beyond the limit", async () => (await strangers.send()).status === 480);
    });

    test("ACK and CANCEL do not count, retransmissions count once, requests in dialogs count", async () => {
      await bed.program({ names: strangers.provenPartner("Limited"), limits: limits({ rate: 1000 }) });
      const used = async (): Promise<number> =>
        [...(await bed.router.table("rate")).values()].reduce<number>((sum, value) => sum + Number(value), 0);
      const call = bed.outside.send({
        method: "INVITE",
        uri: ALICE,
        target: bed.target(),
        from: "sip:bob@partner.test",
      });
      const dialog = Dialog.ofCaller(bed.outside, call.request, await call.final);
      await dialog.ack();
      await bed.platform.waitForRequest("the ACK", ({ method }) => method === "ACK");
      bed.platform.handler = () => undefined;
      const ringing = bed.outside.send({
        method: "INVITE",
        uri: ALICE,
        target: bed.target(),
        from: "sip:bob@partner.test",
      });
      await waitFor("a retransmission", () => ringing.timesSent() > 1 || ringing.provisional.length > 0);
      await bed.outside.cancel(ringing);
      bed.platform.handler = () => ({ status: 200 });
      assert.equal((await dialog.request("INFO")).status, 200);
      assert.equal((await dialog.request("BYE")).status, 200);
      // fewer where that took more than a second
      assert.ok((await used()) <= 4, "two INVITEs, INFO and BYE");
    });

    test("a request without a user, and one that nobody can unescape, have a recipient too", async () => {
      await bed.program({ names: strangers.provenPartner("Limited"), limits: limits({ recipients: 2 }) });
      const logged = bed.router.log().length;
      for (const uri of [`sip:${LOCAL}`, `sip:%zz@${LOCAL}`, `sip:%zz@${LOCAL}`, `sip:${LOCAL}`])
        assert.equal((await strangers.send({ uri })).status, 200, uri);
      for (const user of ["%00", "%ff", "b", "%"])
        assert.equal((await strangers.send({ uri: `sip:${user}@${LOCAL}` })).status, 480, user);
      assert.equal(bed.router.log().slice(logged), "");
    });

    test("a dialog is no way around the limits", async () => {
      await bed.program({ names: strangers.provenPartner("Limited"), limits: limits({ rate: RATE }) });
      const call = bed.outside.send({
        method: "INVITE",
        uri: ALICE,
        target: bed.target(),
        from: "sip:bob@partner.test",
      });
      const dialog = Dialog.ofCaller(bed.outside, call.request, await call.final);
      await dialog.ack();
      const responses = await Promise.all(Array.from({ length: MANY }, () => dialog.send("INFO").final));
      assert.ok(responses.some(({ status }) => status === 480));
      await waitFor("the next second", async () => (await dialog.request("INFO")).status === 200);
      assert.equal((await dialog.request("BYE")).status, 200);
    });
  });
}
