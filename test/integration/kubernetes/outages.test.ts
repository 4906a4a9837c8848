/** What the caches and the writer of domains make of an API server that goes away, forgets, or falls silent. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { after, before, type TestContext, test } from "node:test";
import { KubernetesClient } from "../../../src/kubernetes/client.ts";
import { DomainWriter } from "../../../src/kubernetes/domain-writer.ts";
import { loadKubeConfig } from "../../../src/kubernetes/kubeconfig.ts";
import { ListWatch } from "../../../src/kubernetes/list-watch.ts";
import type { CacheEntry } from "../../../src/kubernetes/object-cache.ts";
import { type ApiObject, FEDERATED_DOMAINS } from "../../../src/kubernetes/resources.ts";
import {
  applyObjects,
  type ControlPlane,
  installCrds,
  kubectl,
  startControlPlane,
} from "../../support/control-plane.ts";
import { TcpProxy, throughProxy } from "../../support/tcp-proxy.ts";
import { waitFor } from "../../support/wait-for.ts";
import { domain, type OwnNamespace, ownNamespace } from "./setup.ts";

let controlPlane: ControlPlane;

before(async () => {
  controlPlane = await startControlPlane();
  await installCrds(controlPlane);
});

after(async () => {
  await controlPlane.stop();
});

/** A cache of the FederatedDomains behind a network that can be broken, and what it tells. */
async function cacheBehindProxy(t: TestContext, own: OwnNamespace, silenceMs = 60_000) {
  const { hostname, port } = new URL(controlPlane.server);
  const proxy = await TcpProxy.start({ host: hostname, port: Number(port) });
  const client = new KubernetesClient({
    kubeConfig: loadKubeConfig(throughProxy(own.kubeconfig, proxy)),
    namespace: own.namespace,
  });
  const told: string[] = [];
  const ended: string[] = [];
  const nothing = (): void => undefined;
  const cache = new ListWatch<CacheEntry>({
    client,
    resource: FEDERATED_DOMAINS,
    trim: ({ metadata: { name, uid, resourceVersion } }) => ({ name, uid, resourceVersion }),
    handlers: {
      upserted: ({ name }) => told.push(`+${name}`),
      deleted: ({ name }) => told.push(`-${name}`),
      synced: () => told.push("synced"),
    },
    log: own.log,
    metrics: {
      listed: nothing,
      event: nothing,
      handlerFailed: nothing,
      watchEnded: (_kind, outcome) => ended.push(outcome),
    },
    timing: { silenceMs, backoffMs: [50, 200] },
  });
  t.after(async () => {
    await cache.stop();
    await client.close();
    await proxy.disconnect();
  });
  cache.start();
  await waitFor("the first list", () => cache.synced);
  return { cache, proxy, told, ended };
}

const remove = (own: OwnNamespace, name: string) =>
  kubectl(controlPlane, "delete", "fd", name, "-n", own.namespace);
const create = (own: OwnNamespace, ...names: string[]) =>
  applyObjects(controlPlane, own.namespace, names.map(domain));

test("an API server that restarts: the cache stays as it was, and goes on", async (t) => {
  const own = await ownNamespace(t, controlPlane);
  await create(own, "a.example");
  const { cache, told } = await cacheBehindProxy(t, own);
  await controlPlane.apiServer.stop();
  equal(cache.size, 1);
  await controlPlane.apiServer.start();
  await create(own, "b.example");
  await waitFor("the new domain", () => cache.get("b.example"), { timeout: 20_000 });
  deepEqual(
    told.filter((one) => one !== "synced"),
    ["+a.example", "+b.example"],
  );
});

test("what was deleted and made while the connection was down is caught up with", async (t) => {
  const own = await ownNamespace(t, controlPlane);
  await create(own, "a.example", "b.example");
  const { cache, proxy, told } = await cacheBehindProxy(t, own);
  await proxy.disconnect();
  await remove(own, "a.example");
  await create(own, "c.example");
  await proxy.connect();
  await waitFor("the new domain", () => cache.get("c.example"));
  await waitFor("the delete", () => told.includes("-a.example"));
  deepEqual(
    told.filter((one) => one === "synced"),
    ["synced"],
    "without a new list",
  );
  deepEqual([...cache.entries()].map(({ name }) => name).toSorted(), ["b.example", "c.example"]);
});

test("history that was compacted away meanwhile: the new list yields the deletes", async (t) => {
  const own = await ownNamespace(t, controlPlane);
  await create(own, "a.example", "b.example");
  const { cache, proxy, told, ended } = await cacheBehindProxy(t, own);
  await proxy.disconnect();
  await remove(own, "a.example");
  await create(own, "c.example");
  await compact(await latestRevision(own));
  // The API server itself remembers the last few changes.
  await controlPlane.apiServer.stop();
  await controlPlane.apiServer.start();
  await proxy.connect();
  await waitFor("the new list", () => told.filter((one) => one === "synced").length === 2, {
    timeout: 20_000,
  });
  ok(ended.includes("expired"));
  deepEqual(told.slice(-3).toSorted(), ["+c.example", "-a.example", "synced"]);
  deepEqual([...cache.entries()].map(({ name }) => name).toSorted(), ["b.example", "c.example"]);
});

test("a network that swallows everything is noticed and gone around", async (t) => {
  const own = await ownNamespace(t, controlPlane);
  const { cache, proxy } = await cacheBehindProxy(t, own, 1_000);
  proxy.freeze();
  await create(own, "a.example");
  await proxy.connect().catch(() => undefined);
  await waitFor("the new domain", () => cache.get("a.example"), { timeout: 20_000 });
});

test("domains that were learned while the API server was away are written when it is back", async (t) => {
  const own = await ownNamespace(t, controlPlane);
  let unwanted = "";
  const writer = new DomainWriter({
    client: own.client,
    protocolOf: () => Promise.resolve("SIP" as const),
    stillWanted: (name) => name !== unwanted,
    isCurrent: () => true,
    refused: () => undefined,
    log: own.log,
  });
  const names = Array.from({ length: 200 }, (_, index) => `d${index}.example`);
  await controlPlane.apiServer.stop();
  for (const name of names) writer.write(name);
  equal(await writer.drain(500), names.length);
  unwanted = "d7.example";
  await controlPlane.apiServer.start();
  equal(await writer.stop(30_000), 0);
  const { stdout } = await kubectl(controlPlane, "get", "fd", "-n", own.namespace, "-o", "name");
  equal(stdout.trim().split("\n").length, names.length - 1, "all but the one that is wanted no longer");
});

async function latestRevision(own: OwnNamespace): Promise<string> {
  const list = await own.client.list<ApiObject>(FEDERATED_DOMAINS, { limit: 1 });
  return list.metadata.resourceVersion;
}

/** Makes etcd forget what was before a revision, as the API server does every five minutes. */
async function compact(revision: string): Promise<void> {
  const { hostname } = new URL(controlPlane.server);
  const response = await fetch(`http://${hostname}:2379/v3/kv/compaction`, {
    method: "POST",
    body: JSON.stringify({ revision, physical: true }),
  });
  equal(response.status, 200, await response.text());
}
