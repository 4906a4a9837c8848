import { deepEqual, equal, match, ok } from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { type EventLimits, EventRecorder, type Notice } from "../../../src/kubernetes/events.ts";
import { fakeApi } from "./setup.ts";

const PATH = "/apis/events.k8s.io/v1/namespaces/ns/events";

async function setup(t: TestContext, limits: Partial<EventLimits> = {}) {
  const { server, client, log } = await fakeApi(t);
  let dropped = 0;
  const recorder = new EventRecorder({
    client,
    instance: "pod-a",
    log,
    dropped: () => {
      dropped += 1;
    },
    limits,
  });
  t.after(() => recorder.stop(0));
  return { server, recorder, dropped: () => dropped };
}

const notice = (name: string, changes: Partial<Notice> = {}): Notice => ({
  regarding: { apiVersion: "sipfederation.io/v1alpha1", kind: "StaticRoute", name, uid: "u" },
  type: "Warning",
  reason: "NotAccepted",
  action: "Translate",
  note: "why",
  ...changes,
});

test("a notice becomes an Event of the object, by this pod", async (t) => {
  const { server, recorder } = await setup(t);
  recorder.record(notice("a", { note: "x".repeat(3_000) }));
  const call = await server.call();
  deepEqual([call.method, call.path], ["POST", PATH]);
  const event = call.body as Record<string, unknown> & {
    metadata: { name: string };
    eventTime: string;
    note: string;
  };
  match(event.metadata.name, /^a\.[0-9a-f]+$/);
  match(event.eventTime, /\.\d{6}Z$/);
  equal(event.note.length, 1_024);
  const { regarding, type, reason, action, reportingController, reportingInstance } = event;
  deepEqual(
    { regarding, type, reason, action, reportingController, reportingInstance },
    {
      regarding: { ...notice("a").regarding, namespace: "ns" },
      type: "Warning",
      reason: "NotAccepted",
      action: "Translate",
      reportingController: "sipfederation.io/operator",
      reportingInstance: "pod-a",
    },
  );
  call.respond(201, {});
});

test("an Event of an object with the longest name still has a valid one", async (t) => {
  const { server, recorder } = await setup(t);
  recorder.record(notice(`${"a".repeat(60)}.`.repeat(4) + "example.co"));
  const call = await server.call();
  const { name } = (call.body as { metadata: { name: string } }).metadata;
  ok(name.length <= 253);
  match(name, /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/);
  call.respond(201, {});
});

test("a notice that repeats is one Event with a count", async (t) => {
  const { server, recorder } = await setup(t, { countMs: 30 });
  recorder.record(notice("a"));
  const created = await server.call();
  const { name } = (created.body as { metadata: { name: string } }).metadata;
  created.respond(201, {});
  for (let times = 0; times < 9; times += 1) recorder.record(notice("a", { note: "again" }));
  const counted = await server.call();
  deepEqual([counted.method, counted.path], ["PATCH", `${PATH}/${name}`]);
  equal((counted.body as { series: { count: number } }).series.count, 10);
  counted.respond(200, {});
});

test("other objects, reasons and types are other Events", async (t) => {
  const { server, recorder } = await setup(t);
  const notices = [
    notice("a"),
    notice("b"),
    notice("a", { reason: "Other" }),
    notice("a", { type: "Normal" }),
  ];
  for (const one of notices) recorder.record(one);
  const names = new Set<string>();
  while (names.size < notices.length) {
    const call = await server.call();
    equal(call.method, "POST");
    names.add((call.body as { metadata: { name: string } }).metadata.name);
    call.respond(201, {});
  }
  equal(server.unanswered, 0);
});

test("what strangers can cause is sampled, and leaves room for the rest", async (t) => {
  const { server, recorder, dropped } = await setup(t, { sampled: [3, 0.001], all: [5, 0.001] });
  for (let index = 0; index < 100; index += 1) recorder.record(notice(`d${index}`, { sampled: true }));
  equal(dropped(), 97);
  for (let index = 0; index < 4; index += 1) recorder.record(notice(`r${index}`));
  equal(dropped(), 99);
  for (let events = 0; events < 5; events += 1) (await server.call()).respond(201, {});
  await recorder.stop();
  equal(server.unanswered, 0);
});

test("an Event that is refused is forgotten", async (t) => {
  const { server, recorder } = await setup(t);
  recorder.record(notice("a"));
  (await server.call()).refuse(422, "Invalid");
  await recorder.stop();
  equal(server.unanswered, 0);
});
