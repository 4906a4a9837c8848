/** The SIP user agent that other tests trust: checked against itself over real sockets. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { claimAddressBlock } from "../../support/addresses.ts";
import { Dialog } from "../../support/sip/dialog.ts";
import { header, serialise, tagOf } from "../../support/sip/message.ts";
import { UserAgent, type Answer } from "../../support/sip/user-agent.ts";
import { waitFor } from "../../support/wait-for.ts";

const ok: Answer = { status: 200 };

for (const family of ["IPv4", "IPv6"]) {
  for (const transport of ["udp", "tcp"] as const) {
    describe(`${family} ${transport}`, () => {
      let alice: UserAgent;
      let bob: UserAgent;
      before(async () => {
        const block = await claimAddressBlock();
        const place = (): { host: string; port?: number } =>
          family === "IPv4" ? { host: block.next() } : { host: "::1", port: 0 };
        alice = await UserAgent.open(place());
        bob = await UserAgent.open(place());
      });
      after(() => Promise.all([alice.close(), bob.close()]));

      test("a request is answered by the handler", async () => {
        bob.handler = () => ({ status: 403, reason: "No", headers: [["Reason", "Test"]], body: "why" });
        const response = await alice.request({
          method: "MESSAGE",
          uri: "sip:bob@example.com",
          target: bob.target(transport),
          body: "hällo",
        });
        assert.equal(response.status, 403);
        assert.equal(response.reason, "No");
        assert.equal(header(response, "reason"), "Test");
        assert.equal(response.body, "why");
        const request = bob.received.at(-1);
        assert.equal(request?.body, "hällo");
        assert.equal(request.transport, transport);
        assert.equal(request.source.host, alice.host);
      });

      test("a call: provisional answer, dialog, BYE from the called side", async () => {
        bob.handler = (request, provisional) => {
          if (request.method === "INVITE") provisional({ status: 180 });
          return ok;
        };
        alice.handler = () => ok;
        const sent = alice.send({
          method: "INVITE",
          uri: "sip:bob@example.com",
          target: bob.target(transport),
        });
        const answer = await sent.final;
        assert.deepEqual(
          sent.provisional.map(({ status }) => status),
          [180],
        );
        await Dialog.ofCaller(alice, sent.request, answer).ack();
        const callId = header(sent.request, "Call-ID");
        const isAck = ({ method, ...request }: { method: string } & Parameters<typeof header>[0]): boolean =>
          method === "ACK" && header(request, "Call-ID") === callId;
        await bob.waitForRequest("ACK", isAck);
        const invite = bob.received.find((request) => header(request, "Call-ID") === callId);
        assert.ok(invite);
        const bye = await Dialog.ofCallee(bob, invite, header(answer, "To")).request("BYE");
        assert.equal(bye.status, 200);
        assert.equal(tagOf(header(bye, "From")), tagOf(header(answer, "To")));
      });

      test("a failed INVITE is acknowledged, a cancelled one ends with 487", async () => {
        bob.handler = (_request, provisional) => {
          provisional({ status: 180 });
          return undefined;
        };
        const sent = alice.send({
          method: "INVITE",
          uri: "sip:bob@example.com",
          target: bob.target(transport),
        });
        await waitFor("180", () => sent.provisional.length > 0);
        assert.equal((await alice.cancel(sent)).status, 200);
        assert.equal((await sent.final).status, 487);
        const callId = header(sent.request, "Call-ID");
        const methods = await waitFor("ACK", () => {
          const seen = bob.received.filter((request) => header(request, "Call-ID") === callId);
          return seen.length === 3 && seen.map(({ method }) => method);
        });
        assert.deepEqual(methods, ["INVITE", "CANCEL", "ACK"]);
      });

      test("a request that nobody answers ends with an error", async () => {
        bob.handler = () => undefined;
        const sent = alice.send({
          method: "OPTIONS",
          uri: "sip:b.example",
          target: bob.target(transport),
          timeout: 700,
        });
        await assert.rejects(sent.final, /no final response/);
        assert.equal(sent.timesSent(), transport === "udp" ? 2 : 1);
        assert.equal(
          bob.received.filter((request) => header(request, "Call-ID") === header(sent.request, "Call-ID"))
            .length,
          1,
        );
      });
    });
  }
}

test("two messages in one TCP segment, one message in two", async () => {
  const block = await claimAddressBlock();
  const alice = await UserAgent.open({ host: block.next() });
  const bob = await UserAgent.open({ host: block.next() });
  const first = alice.send({ method: "MESSAGE", uri: "sip:bob@example.com", target: bob.target("udp") });
  await first.final;
  const again = ["a", "b"].map((body, index) => {
    const replaced = first.request.headers.map(
      ([name, value]) =>
        [name, name === "Via" ? value.replace("z9hG4bK", `z9hG4bK${index}`) : value] as const,
    );
    return serialise({ ...first.request, headers: replaced, body });
  });
  const bytes = Buffer.concat(again);
  const cut = bytes.length - 1;
  await alice.sendRaw(bytes.subarray(0, cut), bob.target("tcp"));
  await waitFor("the complete message", () => bob.received.some(({ body }) => body === "a"));
  await alice.sendRaw(bytes.subarray(cut), bob.target("tcp"));
  await waitFor("the other one", () => bob.received.some(({ body }) => body === "b"));
  await Promise.all([alice.close(), bob.close()]);
});
