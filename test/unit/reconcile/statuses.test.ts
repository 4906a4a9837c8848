import assert from "node:assert/strict";
import { test } from "node:test";
import { Statuses, type StatusSubject } from "../../../src/reconcile/statuses.ts";

const ROUTE = { routes: new Set(["r"]), domains: new Set<string>() };

function statusesOf(subject: StatusSubject | undefined) {
  const world = { subject, mark: undefined as bigint | undefined, failure: undefined as string | undefined };
  const enqueued: string[] = [];
  const statuses = new Statuses({
    subject: () => world.subject,
    programmedUpTo: () => world.mark,
    failure: () => (world.failure === undefined ? undefined : { replica: "pod-0", message: world.failure }),
    enqueue: (kind, name, urgent) => enqueued.push(`${kind}/${name}${urgent ? " urgent" : ""}`),
  });
  return { statuses, world, enqueued };
}

test("a new generation is written once, when every ready replica routes by it", () => {
  const { statuses, world, enqueued } = statusesOf({ specVersion: "10", programmed: false });
  statuses.changed(ROUTE, 0);
  world.mark = 9n;
  statuses.advanced();
  assert.deepEqual(enqueued, []);
  assert.equal(statuses.programmed("StaticRoute", "r", "routes").reason, "Pending");
  world.mark = 10n;
  statuses.advanced();
  statuses.advanced();
  statuses.remind(99_999);
  assert.deepEqual(enqueued, ["StaticRoute/r urgent"]);
  assert.equal(statuses.programmed("StaticRoute", "r", "routes").status, "True");
  assert.equal(statuses.waiting, 0);
});

test("versions compare as numbers, not as text", () => {
  const { statuses, world } = statusesOf({ specVersion: "9", programmed: false });
  world.mark = 10n;
  assert.equal(statuses.programmed("StaticRoute", "r", "routes").status, "True");
});

test("what takes longer than a second says so, once, with the reason of the replica that failed", () => {
  const { statuses, world, enqueued } = statusesOf({ specVersion: "10", programmed: false });
  statuses.changed(ROUTE, 5_000);
  statuses.remind(5_900);
  assert.deepEqual(enqueued, []);
  world.failure = "router away";
  statuses.remind(6_000);
  statuses.remind(9_000);
  assert.deepEqual(enqueued, ["StaticRoute/r urgent"]);
  const { reason, message } = statuses.programmed("StaticRoute", "r", "routes");
  assert.equal(reason, "ProgrammingFailed");
  assert.match(message, /pod-0.*router away/);
});

test("Programmed latches: a replica that lags or the loss of all marks does not take it back", () => {
  const { statuses, world, enqueued } = statusesOf({ specVersion: "10", programmed: true });
  assert.equal(statuses.programmed("StaticRoute", "r", "routes").status, "True");
  world.mark = 3n;
  assert.equal(statuses.programmed("StaticRoute", "r", "routes").status, "True");
  statuses.changed(ROUTE, 0);
  assert.deepEqual(enqueued, ["StaticRoute/r"]);
});

test("what has no effect is not programmed, and says so once every ready replica has taken it out", () => {
  const { statuses, world, enqueued } = statusesOf({ specVersion: "10", programmed: false });
  const reason = (): string => {
    const { status, reason } = statuses.programmed("StaticRoute", "r", "none");
    return `${status} ${reason}`;
  };
  world.mark = 9n;
  statuses.changed(ROUTE, 0);
  assert.equal(reason(), "False Pending");
  world.mark = 10n;
  statuses.advanced();
  assert.equal(reason(), "False NotAccepted");
  assert.deepEqual(enqueued, ["StaticRoute/r urgent"]);
  world.subject = { specVersion: "10", programmed: true }; // the status says it
  world.mark = 3n;
  assert.equal(reason(), "False NotAccepted", "a replica that lags does not take it back");
  statuses.remind(99_999);
  assert.deepEqual(enqueued, ["StaticRoute/r urgent"], "nothing is waited for");
});

test("a deleted object is waited for no more", () => {
  const { statuses, world, enqueued } = statusesOf({ specVersion: "10", programmed: false });
  statuses.changed(ROUTE, 0);
  world.subject = undefined;
  statuses.changed(ROUTE, 1);
  world.mark = 99n;
  statuses.advanced();
  assert.deepEqual([enqueued, statuses.waiting], [[], 0]);
});
