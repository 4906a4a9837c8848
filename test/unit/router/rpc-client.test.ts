import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { RpcClient } from "../../../src/router/rpc-client.ts";
import { FakeRouter } from "../../support/fake-router.ts";

async function setUp(
  t: TestContext,
  options: { timeoutMs?: number; attempts?: number; window?: number } = {},
) {
  const router = await FakeRouter.start();
  const rpc = new RpcClient({
    host: router.options.host,
    port: router.options.rpcPort,
    timeoutMs: 20,
    ...options,
  });
  t.after(async () => {
    rpc.close();
    await router.stop();
  });
  return { router, rpc };
}

const get = (rpc: RpcClient, n: number) => rpc.call("htable.get", ["t", `k${n}`]);

test("answers reach their calls, in whatever order they come", async (t) => {
  const { router, rpc } = await setUp(t);
  router.table.set("k1", "v1");
  const held: (() => void)[] = [];
  router.network = (deliver) => {
    held.push(deliver);
    if (held.length === 3) for (const last of held.reverse()) last();
  };
  const answers = await Promise.all([
    rpc.call("htable.get", ["t", "absent"]),
    get(rpc, 1),
    rpc.call("no.such.method", ["t"]),
  ]);
  assert.deepEqual(answers, [
    { ok: false, kind: "fault", code: 500, message: "Key name doesn't exist in htable." },
    { ok: true, result: { item: { name: "k1", value: "v1", flags: 2, expire: "NEVER" } } },
    { ok: false, kind: "fault", code: 500, message: "Method Not Found" },
  ]);
});

test("lost datagrams are sent again, doubled answers are ignored", async (t) => {
  const { router, rpc } = await setUp(t, { attempts: 20 });
  let count = 0;
  router.network = (deliver) => {
    count += 1;
    if (count % 3 === 0) return;
    deliver();
    if (count % 5 === 0) deliver();
  };
  for (let n = 0; n < 100; n++) router.table.set(`k${n}`, `v${n}`);
  const answers = await Promise.all(Array.from({ length: 100 }, (_, n) => get(rpc, n)));
  const values = answers.map((answer) =>
    answer.ok ? (answer.result as { item: { value: string } }).item.value : "",
  );
  assert.deepEqual(
    values,
    Array.from({ length: 100 }, (_, n) => `v${n}`),
  );
  assert.ok(count > 100);
});

test("no more calls in flight than the window", async (t) => {
  const { router, rpc } = await setUp(t, { window: 4, timeoutMs: 10_000 });
  let inFlight = 0;
  let most = 0;
  router.network = (deliver) => {
    inFlight += 1;
    most = Math.max(most, inFlight);
    setImmediate(() => {
      inFlight -= 1;
      deliver();
    });
  };
  await Promise.all(Array.from({ length: 50 }, (_, n) => get(rpc, n)));
  assert.equal(most, 4);
});

test("a router that stays silent is a timeout, after all attempts", async (t) => {
  const { router, rpc } = await setUp(t, { attempts: 3 });
  let sent = 0;
  router.network = () => {
    sent += 1;
  };
  const answer = await get(rpc, 1);
  assert.equal(answer.ok, false);
  assert.ok(answer.kind === "timeout");
  assert.equal(sent, 3);
});

test("a port where nobody listens is a timeout too", async (t) => {
  const router = await FakeRouter.start();
  const { host, rpcPort } = router.options;
  await router.stop();
  const rpc = new RpcClient({ host, port: rpcPort, timeoutMs: 10, attempts: 2 });
  t.after(() => {
    rpc.close();
  });
  const answer = await get(rpc, 1);
  assert.ok(!answer.ok && answer.kind === "timeout");
});

test("closing ends all calls", async (t) => {
  const { router, rpc } = await setUp(t, { window: 1 });
  router.network = () => undefined;
  const calls = [get(rpc, 1), get(rpc, 2)];
  rpc.close();
  calls.push(get(rpc, 3));
  for (const answer of await Promise.all(calls)) assert.ok(!answer.ok && answer.kind === "closed");
});
