/** A call in progress survives any change; a blocked domain may end what it has, and nothing else. */
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { fingerprint } from "../../src/kubernetes/dialog-secret.ts";
import { RpcClient } from "../../src/router/rpc-client.ts";
import { Dialog } from "../support/sip/dialog.ts";
import { header } from "../support/sip/message.ts";
import { waitFor } from "../support/wait-for.ts";
import { Federation, type Over } from "./support/federation.ts";
import { closed, domain, open, route, to } from "./support/objects.ts";
import type { Call, Party } from "./support/party.ts";

interface Conversation {
  readonly caller: Dialog;
  readonly callee: Dialog;
}

let federation: Federation;
let partner: Party;

before(async () => {
  federation = await Federation.start();
  partner = await federation.party("partner");
});
after(() => federation.stop());
beforeEach(() =>
  federation.cluster.apply(
    open(to(partner)),
    route("local", "example.com", to(federation.inside)),
    domain("partner.example"),
  ),
);
afterEach(async () => {
  const { operator } = federation.replica;
  if (!operator.running) await operator.start();
});

/** A user inside calls one of the partner's. */
function callOut(over: Over = "udp"): Promise<Conversation> {
  const call = { method: "INVITE", from: "alice@example.com", to: "bob@partner.example" };
  return converse(federation.inside, partner, call, over);
}

/** A user of the partner calls one inside. */
function callIn(): Promise<Conversation> {
  const call = { method: "INVITE", from: "bob@partner.example", to: "alice@example.com" };
  return converse(partner, federation.inside, call, "udp");
}

/** Opens a dialog by INVITE, answer and ACK. */
async function converse(caller: Party, callee: Party, call: Call, over: Over): Promise<Conversation> {
  const sent = federation.send(caller, call, { over });
  const answer = await sent.final;
  assert.equal(answer.status, 200);
  const dialog = Dialog.ofCaller(caller.agent, sent.request, answer);
  await dialog.ack();
  const callId = header(sent.request, "Call-ID");
  await callee.agent.waitForRequest(
    "the ACK",
    (request) => request.method === "ACK" && header(request, "Call-ID") === callId,
  );
  const invite = callee.received(callId, "INVITE");
  assert.ok(invite);
  return { caller: dialog, callee: Dialog.ofCallee(callee.agent, invite, header(answer, "To")) };
}

/** Both sides go on talking, and one of them hangs up. */
async function goesOn({ caller, callee }: Conversation): Promise<void> {
  assert.equal((await caller.request("INFO")).status, 200);
  assert.equal((await callee.request("INFO")).status, 200);
  const again = await callee.request("INVITE");
  assert.equal(again.status, 200);
  assert.equal((await caller.request("BYE")).status, 200);
}

for (const over of ["udp", "tcp"] as const) {
  test(`a call to the outside over ${over}`, async () => {
    await goesOn(await callOut(over));
  });
}

test("a call from the outside", async () => {
  await goesOn(await callIn());
});

test("survives that its route and its domain are deleted, and the default route blocked", async () => {
  const { cluster } = federation;
  await cluster.apply(route("own", "partner.example", to(partner)));
  const calls = [await callOut(), await callOut("tcp"), await callIn()];
  await cluster.delete("StaticRoute", "own", "local");
  await cluster.delete("FederatedDomain", "partner.example");
  await cluster.apply(closed({}));
  await federation.eventually("403", federation.inside, { to: "bob@partner.example" });
  for (const call of calls) await goesOn(call);
});

test("survives that its domain is blocked, but nothing new comes in it", async () => {
  const calls = [await callOut(), await callIn()];
  await federation.cluster.apply(domain("partner.example", { policy: "Block" }));
  for (const { caller, callee } of calls) {
    assert.equal((await caller.request("MESSAGE", { body: "hi" })).status, 403);
    assert.equal((await callee.request("MESSAGE", { body: "hi" })).status, 403);
    assert.equal((await caller.request("SUBSCRIBE", { headers: [["Expires", "600"]] })).status, 403);
    assert.equal((await caller.request("SUBSCRIBE", { headers: [["Expires", "0"]] })).status, 200);
    assert.equal((await callee.request("NOTIFY", { headers: state("active;expires=60") })).status, 403);
    assert.equal((await callee.request("NOTIFY", { headers: state("terminated;reason=x") })).status, 200);
    await goesOn({ caller, callee });
  }
});

test("survives the death of the operator", async () => {
  const calls = [await callOut(), await callIn()];
  await federation.replica.operator.kill();
  for (const call of calls) await goesOn(call);
});

test("survives a restart of the router, which knows its dialogs again", async () => {
  const { router } = federation.replica;
  const calls = [await callOut(), await callIn()];
  await router.kill();
  await router.start();
  await federation.eventually("200 at partner", federation.inside, { to: "bob@partner.example" });
  for (const call of calls) await goesOn(call);
});

test("survives a rotation of the key without a restart, and ends with a key that is replaced outright", async () => {
  const { cluster, replica } = federation;
  const secret = "sip-federation-dialog-key";
  const patch = (change: object): Promise<string> =>
    cluster.kubectl("patch", "secret", secret, "--type=merge", "-p", JSON.stringify(change));
  const keyIs = async (key: string): Promise<boolean> => {
    const base64 = await cluster.kubectl("get", "secret", secret, "-o", "jsonpath={.data.key}");
    return Buffer.from(base64, "base64").toString() === key;
  };
  const marks = async (key: string): Promise<boolean> => {
    const outcome = await rpc.call("htable.get", ["t", "key"]);
    return JSON.stringify(outcome).includes(`"${key}`);
  };
  const rpc = new RpcClient(replica.rpc);
  const { pid } = replica.operator;
  const calls = [await callOut(), await callIn()];
  const next = "b".repeat(64);
  const since = new Date(Date.now() - 3_600_000).toISOString();
  const annotations = { "sipfederation.io/next-since": `${since} ${fingerprint(next)}` };
  const patience = { timeout: 60_000, interval: 500 };
  await patch({ metadata: { annotations }, stringData: { next } });
  await waitFor(
    "the next key to make marks",
    async () => (await keyIs(next)) && (await marks(next)),
    patience,
  );
  for (const call of calls) await goesOn(call);
  const { callee } = await callOut();
  const sudden = "c".repeat(64);
  await patch({ data: { previous: null }, stringData: { key: sudden } });
  await waitFor("the sudden key to make marks", () => marks(sudden), patience);
  rpc.close();
  assert.equal((await callee.request("INFO")).status, 403);
  await goesOn(await callOut());
  assert.equal(replica.operator.pid, pid);
  assert.match(replica.operator.log(), /dialogs that it marked are not known any more/);
});

test("goes on at the other replica", async () => {
  const other = await federation.environment.addReplica();
  const { caller, callee } = await callOut();
  const moved = new Dialog(federation.inside.agent, {
    ...caller.state,
    routes: caller.state.routes.map((value) => value.replace(federation.replica.address, other.address)),
  });
  assert.equal((await moved.request("INFO")).status, 200);
  assert.equal((await callee.request("BYE")).status, 200);
});

test("a forged To tag opens no way around a block, a closed federation, or the local domains", async () => {
  await federation.cluster.apply(closed(to(partner)), domain("blocked.example", { policy: "Block" }));
  const forged = async (sender: Party, from: string, uri: string): Promise<string> => {
    const { host, port } = federation.target(sender);
    return federation.outcomeOf(sender, {
      method: "INFO",
      from,
      to: uri,
      headers: [
        ["To", `<sip:${uri}>;tag=forged`],
        [
          "Route",
          `<sip:${host}:${port};lr;did=o0123456789abcdef0123456789abcdef>, <sip:${partner.host}:${partner.port};lr>`,
        ],
      ],
    });
  };
  assert.equal(await forged(federation.inside, "alice@example.com", "bob@blocked.example"), "403");
  assert.equal(await forged(federation.inside, "alice@example.com", "bob@unknown.example"), "403");
  assert.equal(await forged(federation.outside, "mallory@partner.example", "bob@unknown.example"), "403");
});

function state(value: string): [[string, string]] {
  return [["Subscription-State", value]];
}
