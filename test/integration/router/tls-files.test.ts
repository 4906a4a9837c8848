/** New certificates reach the router once each, and broken ones never; and why no TLS connection comes to be. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { rmSync, writeFileSync } from "node:fs";
import { createServer as createTcpServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { createServer } from "node:tls";
import { pino } from "pino";
import type { RpcOutcome } from "../../../src/router/rpc-client.ts";
import { diagnoseTls, tlsPlaceOf } from "../../../src/router/tls-diagnosis.ts";
import { readMaterial } from "../../../src/router/tls-files.ts";
import { TlsReload } from "../../../src/router/tls-reload.ts";
import { Authority } from "../../support/authority.ts";
import { temporaryDirectory } from "../../support/temporary.ts";
import { waitFor } from "../../support/wait-for.ts";

const authority = new Authority();

function installed() {
  const directory = temporaryDirectory("tls");
  authority.install(directory, { names: ["DNS:a.test"] });
  const file = (name: string): string => join(directory, name);
  const files = { certificateFile: file("tls.crt"), keyFile: file("tls.key"), caFile: file("ca.crt") };
  return { directory, file, files };
}

/** A router that remembers what it was told, as the real one does until it restarts. */
function setUp(t: TestContext) {
  const { directory, file, files } = installed();
  const router = { digest: undefined as string | undefined, loads: 0, away: false, refuses: false };
  const call = (method: string, params: readonly string[]): Promise<RpcOutcome> => {
    if (router.away) return Promise.resolve({ ok: false, kind: "timeout", message: "away" });
    if (method === "htable.get" && router.digest === undefined)
      return Promise.resolve({ ok: false, kind: "fault", code: 404, message: "no such key" });
    if (method === "htable.get")
      return Promise.resolve({ ok: true, result: { item: { value: router.digest } } });
    if (method === "htable.sets") router.digest = params[2];
    if (method === "tls.reload" && router.refuses)
      return Promise.resolve({ ok: false, kind: "fault", code: 500, message: "no" });
    if (method === "tls.reload") router.loads += 1;
    return Promise.resolve({ ok: true, result: undefined });
  };
  const reload = new TlsReload({ files, rpc: { call }, intervalMs: 5 }, pino({ level: "silent" }));
  reload.start();
  t.after(() => {
    reload.stop();
  });
  return { router, reload, directory, file };
}

test("what the router may not have yet is loaded, once", async (t) => {
  const { router, reload, directory } = setUp(t);
  await waitFor("the first load", () => router.loads === 1);
  const first = router.digest;
  authority.install(directory, { names: ["DNS:b.test"] });
  await waitFor("the second load", () => router.digest !== first && router.digest !== undefined);
  assert.equal(router.loads, 2);
  assert.equal(reload.state().reloads, 2);
  assert.ok((reload.state().notAfter ?? 0) > Date.now());
});

test("a router that restarted, or was away, is told anew", async (t) => {
  const { router } = setUp(t);
  await waitFor("the first load", () => router.digest !== undefined);
  router.digest = undefined;
  await waitFor("the second load", () => router.loads === 2);
  router.away = true;
  router.digest = "of another time";
  router.away = false;
  await waitFor("the third load", () => router.loads === 3);
});

test("files that do not fit, or are gone, are a problem and no load", async (t) => {
  const { router, reload, directory, file } = setUp(t);
  await waitFor("the first load", () => router.digest !== undefined);
  writeFileSync(file("tls.key"), authority.issue({}).key);
  await waitFor("the problem", () => reload.state().problem?.includes("cannot be used together"));
  rmSync(file("ca.crt"));
  await waitFor("the problem", () => reload.state().problem === `${file("ca.crt")} cannot be read`);
  assert.equal(router.loads, 1);
  authority.install(directory, {});
  await waitFor("the next load", () => router.loads === 2);
  await waitFor("no problem", () => reload.state().problem === undefined);
});

test("a router that refuses is asked again, and its word is told", async (t) => {
  const { router, reload } = setUp(t);
  router.refuses = true;
  router.digest = undefined;
  await waitFor("the problem", () => reload.state().problem === "the router refuses the files: no");
  router.refuses = false;
  await waitFor("the load", () => reload.state().problem === undefined && router.digest !== undefined);
});

test("the place of a TLS next hop is in its URI", () => {
  assert.deepEqual(tlsPlaceOf("sip:192.0.2.1:5061;transport=tls;tls=a.test;id"), {
    host: "192.0.2.1",
    port: 5061,
    serverName: "a.test",
  });
  assert.equal(tlsPlaceOf("sip:[2001:db8::1]:5061;transport=tls;tls=a.test")?.host, "2001:db8::1");
  assert.equal(tlsPlaceOf("sip:192.0.2.1:5060;transport=tcp"), undefined);
});

test("why no connection comes to be is told in words", async (t) => {
  const read = await readMaterial(installed().files);
  assert.ok(read.ok);
  const diagnose = async (by: Authority | undefined, options = {}): Promise<string | undefined> => {
    const server = by
      ? createServer({ ...by.issue({ names: ["DNS:a.test"], ...options }) })
      : createTcpServer((socket) => socket.destroy());
    server.on("tlsClientError", () => undefined);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    t.after(() => server.close());
    const { port } = server.address() as AddressInfo;
    return diagnoseTls({ host: "127.0.0.1", port, serverName: "a.test" }, read.material);
  };
  assert.equal(await diagnose(authority), undefined);
  assert.equal(await diagnose(authority, { days: -1 }), "its certificate has expired");
  assert.equal(await diagnose(new Authority()), "no authority that is known here has signed its certificate");
  assert.match((await diagnose(undefined)) ?? "", /closes the connection|disconnected/);
  const refused = { host: "127.0.0.1", port: 1, serverName: "a.test" };
  assert.equal(await diagnoseTls(refused, read.material), "it refuses connections");
});
