import assert from "node:assert/strict";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { test, type TestContext } from "node:test";
import { ControlClient } from "../../../src/router/control-client.ts";

async function setUp(t: TestContext, serve: RequestListener, timeoutMs?: number): Promise<ControlClient> {
  const server = createServer(serve);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const client = new ControlClient({
    host: "127.0.0.1",
    port,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  });
  t.after(async () => {
    await client.close();
    server.closeAllConnections();
    server.close();
  });
  return client;
}

test("the status of a router: programmed, empty, and no router", async (t) => {
  const bodies = ["i1|e1|12", "i1||\n", "", "<html>"];
  const client = await setUp(t, (_request, response) => response.end(bodies.shift()));
  assert.deepEqual(await client.status(), { instance: "i1", epoch: "e1" });
  assert.deepEqual(await client.status(), { instance: "i1", epoch: undefined });
  assert.equal(await client.status(), undefined);
});

test("what commands carry", async (t) => {
  const seen: string[] = [];
  const client = await setUp(t, (request, response) => {
    request.on("data", (data) => seen.push(`${request.method ?? ""} ${request.url ?? ""} ${String(data)}`));
    request.on("end", () => response.end());
  });
  await client.write("i1|7", ["e1/n/a.test|A|", "e1/n/b.test"]);
  await client.verdict("a.test", "default");
  await client.verdict("b.test", "uncached");
  await client.verdict("c.test", "refused");
  await client.verdict("d.test", "gateway");
  await client.sweep("e0");
  assert.deepEqual(seen, [
    "POST /table i1|7\ne1/n/a.test|A|\ne1/n/b.test",
    "POST /verdict a.test|D",
    "POST /verdict b.test|U",
    "POST /verdict c.test|B",
    "POST /verdict d.test|X",
    "POST /sweep e0",
  ]);
});

test("a refusal carries its status", async (t) => {
  const client = await setUp(t, (_request, response) => response.writeHead(409).end("i1|8\n"));
  assert.deepEqual(await client.write("i0|7", []), { ok: false, status: 409, message: "i1|8" });
});

test("a kept connection that breaks under a request costs one more attempt", async (t) => {
  let requests = 0;
  const client = await setUp(t, (request, response) => {
    requests += 1;
    if (requests === 1) request.socket.destroy();
    else response.end("i1||");
  });
  assert.deepEqual(await client.status(), { instance: "i1", epoch: undefined });
});

test("a router that hangs or is away has no status", async (t) => {
  const hanging = await setUp(t, () => undefined, 50);
  assert.equal(await hanging.status(), undefined);
  const away = new ControlClient({ host: "127.0.0.1", port: 1 });
  assert.equal(await away.status(), undefined);
  const outcome = await away.sweep("e0");
  assert.ok(!outcome.ok && outcome.status === undefined && outcome.message !== "");
  await away.close();
});
