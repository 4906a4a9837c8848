import { deepEqual, equal, ok } from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { withCondition } from "../../../src/api/conditions.ts";
import type { Condition } from "../../../src/api/types.ts";
import type { Cached } from "../../../src/kubernetes/cached.ts";
import { FEDERATED_DOMAINS, STATIC_ROUTES } from "../../../src/kubernetes/resources.ts";
import { digestOf, type ObjectStatus, UNWRITTEN } from "../../../src/kubernetes/status-digest.ts";
import { DOMAIN_STATUS, ROUTE_STATUS } from "../../../src/kubernetes/status-shapes.ts";
import { type StatusKind, StatusWriter } from "../../../src/kubernetes/status-writer.ts";
import type { FakeCall } from "../../support/fake-api-server.ts";
import { waitFor } from "../../support/wait-for.ts";
import { fakeApi } from "./setup.ts";

type Entry = Cached<{ readonly generation: number }>;

/** A status whose one condition says `reason`, which the test chooses for each object. */
async function setup(t: TestContext, writesPerSecond = 0) {
  const { server, client, log } = await fakeApi(t);
  const reasons = new Map<string, string>();
  const domains = new Map<string, Entry>();
  const looks: string[] = [];
  const caches = { ready: true };
  const kindOf = (kind: Pick<StatusKind, "resource" | "shape">, cache: Map<string, Entry>): StatusKind => ({
    ...kind,
    cache: { get: (name) => cache.get(name), entries: () => cache.values() },
    desired: ({ name, object }, previous, now) => {
      looks.push(name);
      const reason = reasons.get(name);
      return reason === undefined ? undefined : statusOf(reason, object.generation, previous, now);
    },
  });
  const writer = new StatusWriter({
    client,
    kinds: {
      StaticRoute: kindOf({ resource: STATIC_ROUTES, shape: ROUTE_STATUS }, new Map()),
      FederatedDomain: kindOf({ resource: FEDERATED_DOMAINS, shape: DOMAIN_STATUS }, domains),
    },
    isReady: () => caches.ready,
    writesPerSecond,
    log,
  });
  t.after(() => writer.stop());
  const add = (name: string, changes: Partial<Entry> = {}): void => {
    domains.set(name, entry(name, changes));
  };
  const settled = async (): Promise<void> => {
    await waitFor("nothing to wait", () => writer.depth === 0);
    equal(server.unanswered, 0);
  };
  return { server, writer, reasons, domains, caches, add, looks, settled };
}

function statusOf(
  reason: string,
  generation: number,
  previous: readonly Condition[] = [],
  now = new Date(0),
): ObjectStatus {
  const status = reason === "Bad" ? "False" : "True";
  const accepted = { type: "Accepted", status, reason, message: "", observedGeneration: generation } as const;
  return { observedGeneration: generation, conditions: withCondition(previous, accepted, now) };
}

const entry = (name: string, changes: Partial<Entry> = {}): Entry => ({
  name,
  uid: `uid-${name}`,
  resourceVersion: "10",
  specVersion: "10",
  object: { generation: 1 },
  statusDigest: UNWRITTEN,
  programmed: false,
  ...changes,
});

const digest = (reason: string, generation = 1): number =>
  digestOf(statusOf(reason, generation), DOMAIN_STATUS);

function answer(call: FakeCall, resourceVersion: number): void {
  call.respond(200, { metadata: { resourceVersion: String(resourceVersion) } });
}

const SINCE = "2020-01-01T00:00:00Z";
/** A condition that somebody else keeps there. */
const FOREIGN = {
  type: "example.com/Seen",
  status: "True",
  reason: "Yes",
  message: "",
  lastTransitionTime: SINCE,
};

interface Patch {
  readonly metadata: { readonly resourceVersion: string };
  readonly status: { readonly conditions: readonly Condition[] };
}

test("a new object takes one call", async (t) => {
  const { server, writer, reasons, add, settled } = await setup(t);
  reasons.set("a.example", "Fine");
  add("a.example");
  writer.start();
  const call = await server.call();
  equal(call.method, "PATCH");
  equal(call.path, "/apis/sipfederation.io/v1alpha1/namespaces/ns/federateddomains/a.example/status");
  equal(call.headers["content-type"], "application/merge-patch+json");
  const { metadata, status } = call.body as Patch;
  equal(metadata.resourceVersion, "10", "only if nobody wrote in between");
  const [accepted] = status.conditions;
  equal(accepted?.reason, "Fine");
  ok(Math.abs(Date.parse(accepted.lastTransitionTime) - Date.now()) < 60_000);
  answer(call, 11);
  await settled();
});

test("an object whose status is right takes no call", async (t) => {
  const { writer, reasons, add, looks, settled } = await setup(t);
  reasons.set("a.example", "Fine");
  add("a.example", { statusDigest: digest("Fine") });
  writer.start();
  await settled();
  deepEqual(looks, ["a.example"]);
});

test("a status that changes keeps the time of what stays, and leaves conditions of others alone", async (t) => {
  const { server, writer, reasons, add, settled } = await setup(t);
  const accepted = {
    type: "Accepted",
    status: "True",
    reason: "Old",
    message: "",
    observedGeneration: 1,
    lastTransitionTime: SINCE,
  };
  for (const [reason, time] of [
    ["New", SINCE],
    ["Bad", undefined],
  ] as const) {
    reasons.set("a.example", reason);
    add("a.example", { statusDigest: digest("Old") });
    writer.start();
    writer.enqueue("FederatedDomain", "a.example", true);
    const read = await server.call();
    equal(read.method, "GET");
    read.respond(200, {
      metadata: { uid: "uid-a.example", generation: 1, resourceVersion: "10" },
      status: { observedGeneration: 1, conditions: [FOREIGN, accepted] },
    });
    const write = await server.call();
    const { conditions } = (write.body as Patch).status;
    const [kept, ours] = conditions;
    deepEqual(kept, FOREIGN);
    equal(ours?.reason, reason);
    if (time !== undefined) equal(ours.lastTransitionTime, time);
    else ok(ours.lastTransitionTime > SINCE);
    answer(write, 11);
    await settled();
    await writer.stop();
  }
});

test("nothing is written over a newer generation, or where the status is right already", async (t) => {
  const { server, writer, reasons, add, settled } = await setup(t);
  reasons.set("a.example", "New");
  add("a.example", { statusDigest: digest("Old") });
  writer.start();
  (await server.call()).respond(200, {
    metadata: { uid: "uid-a.example", generation: 2, resourceVersion: "12" },
  });
  await settled();
  writer.enqueue("FederatedDomain", "a.example", true);
  (await server.call()).respond(200, { metadata: { uid: "another", generation: 1, resourceVersion: "12" } });
  await settled();
  writer.enqueue("FederatedDomain", "a.example", true);
  (await server.call()).respond(200, {
    metadata: { uid: "uid-a.example", generation: 1, resourceVersion: "12" },
    status: statusOf("New", 1),
  });
  await settled();
});

test("until the cache has seen our own write it is not written again, and not taken for a new object", async (t) => {
  const { server, writer, reasons, add, settled } = await setup(t);
  reasons.set("a.example", "One");
  add("a.example");
  writer.start();
  answer(await server.call(), 11);
  await settled();
  writer.enqueue("FederatedDomain", "a.example", true);
  await settled();
  reasons.set("a.example", "Two");
  writer.enqueue("FederatedDomain", "a.example", true);
  const read = await server.call();
  equal(read.method, "GET");
  read.respond(200, {
    metadata: { uid: "uid-a.example", generation: 1, resourceVersion: "11" },
    status: statusOf("One", 1),
  });
  answer(await server.call(), 12);
  await settled();
  add("a.example", { resourceVersion: "13", statusDigest: digest("One") });
  writer.enqueue("FederatedDomain", "a.example", false);
  equal((await server.call()).method, "GET", "somebody put it back: seen in the cache, put right");
});

test("where somebody wrote in between, the status is made anew from a fresh object", async (t) => {
  const { server, writer, reasons, add, settled } = await setup(t);
  reasons.set("a.example", "Fine");
  add("a.example");
  writer.start();
  for (const resourceVersion of ["10", "12"]) {
    const write = await server.call();
    equal((write.body as Patch).metadata.resourceVersion, resourceVersion);
    write.refuse(409, "Conflict");
    const read = await server.call();
    equal(read.method, "GET");
    const metadata = {
      uid: "uid-a.example",
      generation: 1,
      resourceVersion: String(Number(resourceVersion) + 2),
    };
    read.respond(200, { metadata, status: { conditions: [FOREIGN] } });
  }
  const last = await server.call();
  equal((last.body as Patch).metadata.resourceVersion, "14");
  deepEqual((last.body as Patch).status.conditions[0], FOREIGN);
  answer(last, 15);
  await settled();
});

test("an object that is gone is none of our business", async (t) => {
  const { server, writer, reasons, domains, add, settled } = await setup(t);
  reasons.set("a.example", "Fine");
  add("a.example");
  writer.start();
  (await server.call()).refuse(404, "NotFound");
  await settled();
  writer.enqueue("FederatedDomain", "a.example", true);
  (await server.call()).refuse(409, "Conflict");
  (await server.call()).refuse(404, "NotFound");
  await settled();
  domains.clear();
  writer.enqueue("FederatedDomain", "a.example", true);
  await settled();
});

test("a write that fails is repeated", async (t) => {
  const { server, writer, reasons, add, settled } = await setup(t);
  reasons.set("a.example", "Fine");
  add("a.example");
  writer.start();
  (await server.call()).refuse(503, "ServiceUnavailable");
  answer(await server.call(), 11);
  await settled();
});

test("writes keep to their rate, and a new spec goes before the crowd", async (t) => {
  const { server, writer, reasons, add } = await setup(t, 1);
  for (const name of ["a.example", "b.example", "c.example", "new.example"]) reasons.set(name, "Fine");
  for (const name of ["a.example", "b.example", "c.example"]) add(name);
  writer.start();
  const paths: string[] = [];
  const times: number[] = [];
  const next = async (): Promise<void> => {
    const call = await server.call();
    paths.push(call.path.split("/").at(-2) ?? "");
    times.push(performance.now());
    answer(call, 11);
  };
  await next();
  add("new.example");
  writer.enqueue("FederatedDomain", "new.example", true);
  await next();
  await next();
  deepEqual(paths, ["a.example", "new.example", "b.example"]);
  ok((times[2] ?? 0) - (times[0] ?? 0) > 1_500, "one a second");
});

test("looking costs none of the rate", async (t) => {
  const { writer, reasons, add, looks, settled } = await setup(t, 1);
  for (let index = 0; index < 2_000; index += 1) {
    reasons.set(`d${index}.example`, "Fine");
    add(`d${index}.example`, { statusDigest: digest("Fine") });
  }
  writer.start();
  await settled();
  equal(looks.length, 2_000);
});

test("whoever does not lead writes nothing", async (t) => {
  const { server, writer, reasons, add, settled } = await setup(t);
  reasons.set("a.example", "Fine");
  add("a.example");
  writer.enqueue("FederatedDomain", "a.example", true);
  await settled();
  writer.start();
  answer(await server.call(), 11);
  await writer.stop();
  writer.enqueue("FederatedDomain", "a.example", true);
  await settled();
});

test("while the caches are not complete nothing is told of any object", async (t) => {
  const { server, writer, reasons, caches, add, looks } = await setup(t);
  caches.ready = false;
  reasons.set("a.example", "NoRoute");
  add("a.example");
  writer.start();
  await turn();
  await turn();
  deepEqual(looks, []);
  reasons.set("a.example", "Fine");
  caches.ready = true;
  const call = await server.call();
  equal((call.body as Patch).status.conditions[0]?.reason, "Fine");
  answer(call, 11);
});
