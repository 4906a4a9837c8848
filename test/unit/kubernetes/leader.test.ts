import { deepEqual, equal, match, ok } from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { FakeApiServer, FakeCall } from "../../support/fake-api-server.ts";
import { waitFor } from "../../support/wait-for.ts";
import { LeaderElection, type LeaderTiming } from "../../../src/kubernetes/leader.ts";
import type { Lease, LeaseSpec } from "../../../src/kubernetes/lease.ts";
import { fakeApi } from "./setup.ts";

const TIMING: LeaderTiming = { leaseMs: 4_000, renewDeadlineMs: 2_000, retryMs: 20, claimMs: 300 };
const PATH = "/apis/coordination.k8s.io/v1/namespaces/ns/leases";

async function setup(t: TestContext, timing: Partial<LeaderTiming> = {}) {
  const { server, client, log } = await fakeApi(t);
  const told: string[] = [];
  const election = new LeaderElection({
    client,
    installation: "edge",
    identity: "pod-a",
    handlers: {
      admitted: () => told.push("admitted"),
      elected: () => told.push("elected"),
      deposed: () => told.push("deposed"),
      rival: (installation) => told.push(`rival ${installation ?? "gone"}`),
    },
    log,
    timing: { ...TIMING, ...timing },
  });
  election.start();
  return { server, election, told, log };
}

const lease = (spec: LeaseSpec, installation = "edge"): object => ({
  metadata: {
    name: "sip-federation",
    resourceVersion: "7",
    annotations: { "sipfederation.io/installation": installation },
  },
  spec,
});

const heldBy = (holderIdentity: string, renewTime = "1", leaseDurationSeconds = 1): LeaseSpec => ({
  holderIdentity,
  renewTime,
  leaseDurationSeconds,
  leaseTransitions: 4,
});

/** Answers the next GET of the Lease. */
async function show(server: FakeApiServer, current: object): Promise<void> {
  const call = await server.call();
  deepEqual([call.method, call.path], ["GET", `${PATH}/sip-federation`]);
  call.respond(200, current);
}

async function expectWrite(
  server: FakeApiServer,
  method: string,
): Promise<{ call: FakeCall; written: Lease }> {
  const call = await server.call();
  equal(call.method, method);
  return { call, written: call.body as Lease };
}

/** Answers what is still asked while it stops. */
async function stop(
  server: FakeApiServer,
  election: LeaderElection,
  current: object,
): Promise<Lease | undefined> {
  let stopped = false;
  let released: Lease | undefined;
  const stopping = election.stop().then(() => {
    stopped = true;
  });
  await waitFor("the election to stop", async () => {
    if (server.unanswered === 0) return stopped;
    const call = await server.call();
    if (call.method === "PUT") released = call.body as Lease;
    call.respond(200, current);
    return stopped;
  });
  await stopping;
  return released;
}

test("where there is no Lease, whoever creates it leads", async (t) => {
  const { server, election, told } = await setup(t);
  (await server.call()).refuse(404, "NotFound");
  const { call, written } = await expectWrite(server, "POST");
  equal(call.path, PATH);
  equal(written.metadata.annotations?.["sipfederation.io/installation"], "edge");
  equal(written.spec?.holderIdentity, "pod-a");
  equal(written.spec.leaseDurationSeconds, 4);
  match(written.spec.renewTime ?? "", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
  call.respond(201, written);
  await waitFor("leadership", () => election.leader);
  deepEqual(told, ["admitted", "elected"]);
  await stop(server, election, lease(heldBy("pod-a")));
});

test("two that create it at once: the slower one follows", async (t) => {
  const { server, election, told } = await setup(t);
  (await server.call()).refuse(404, "NotFound");
  (await expectWrite(server, "POST")).call.refuse(409, "AlreadyExists");
  await show(server, lease(heldBy("pod-b")));
  await waitFor("admission", () => told.length > 0);
  deepEqual(told, ["admitted"]);
  equal(election.leader, false);
  await stop(server, election, lease(heldBy("pod-b")));
});

test("a Lease that is renewed is left alone, whatever its times say", async (t) => {
  const { server, election, told } = await setup(t, { leaseMs: 200 });
  for (let renewals = 0; renewals < 15; renewals += 1) {
    await show(server, lease(heldBy("pod-b", `1999-01-01T00:00:00.00000${renewals}Z`)));
  }
  deepEqual(told, ["admitted"]);
  await stop(server, election, lease(heldBy("pod-b")));
});

test("a Lease that does not change for its duration is taken over", async (t) => {
  const { server, election, told } = await setup(t);
  const dead = lease(heldBy("pod-b"));
  const firstSeen = performance.now();
  for (;;) {
    const call = await server.call();
    if (call.method === "GET") {
      call.respond(200, dead);
      continue;
    }
    const written = call.body as Lease;
    equal(call.method, "PUT");
    equal(written.metadata.resourceVersion, "7", "only if nobody wrote in between");
    deepEqual([written.spec?.holderIdentity, written.spec?.leaseTransitions], ["pod-a", 5]);
    ok(performance.now() - firstSeen >= 999);
    call.respond(200, written);
    break;
  }
  await waitFor("leadership", () => election.leader);
  deepEqual(told, ["admitted", "elected"]);
  await stop(server, election, lease(heldBy("pod-a")));
});

test("a released Lease is taken at once, and given up at the end", async (t) => {
  const { server, election } = await setup(t);
  await show(server, lease(heldBy("")));
  const { call, written } = await expectWrite(server, "PUT");
  call.respond(200, written);
  await waitFor("leadership", () => election.leader);
  const released = await stop(server, election, lease(heldBy("pod-a")));
  deepEqual([released?.spec?.holderIdentity, released?.spec?.leaseDurationSeconds], ["", 1]);
  equal(election.leader, false);
});

test("a container that restarts in its pod takes its leadership up again without waiting", async (t) => {
  const { server, election } = await setup(t);
  await show(server, lease(heldBy("pod-a")));
  const { call, written } = await expectWrite(server, "PUT");
  equal(written.spec?.leaseTransitions, 4, "it did not change hands");
  call.respond(200, written);
  await waitFor("leadership", () => election.leader);
  await stop(server, election, lease(heldBy("pod-a")));
});

test("a conflict means that another was faster", async (t) => {
  const { server, election, told } = await setup(t);
  await show(server, lease(heldBy("")));
  (await expectWrite(server, "PUT")).call.refuse(409, "Conflict");
  await show(server, lease(heldBy("pod-b")));
  await waitFor("admission", () => told.length > 0);
  equal(election.leader, false);
  await stop(server, election, lease(heldBy("pod-b")));
});

test("a leader that cannot renew gives up, and leads again when it can", async (t) => {
  const { server, election, told } = await setup(t);
  await show(server, lease(heldBy("")));
  (await expectWrite(server, "PUT")).call.respond(200, {});
  await waitFor("leadership", () => election.leader);
  while (election.leader) (await server.call()).refuse(503, "ServiceUnavailable");
  deepEqual(told, ["admitted", "elected", "deposed"]);
  await waitFor("the Lease to be renewed", async () => {
    const call = await server.call();
    call.respond(200, lease(heldBy("pod-a")));
    return call.method === "PUT";
  });
  await waitFor("leadership", () => election.leader);
  await stop(server, election, lease(heldBy("pod-a")));
});

test("a leader whose calls are not answered gives up before others may take over", async (t) => {
  const { server, election } = await setup(t);
  await show(server, lease(heldBy("")));
  (await expectWrite(server, "PUT")).call.respond(200, {});
  await waitFor("leadership", () => election.leader);
  const renewedAt = performance.now();
  await server.call(); // never answered
  await waitFor("the leader to give up", () => !election.leader);
  ok(performance.now() - renewedAt < TIMING.leaseMs);
  await stop(server, election, lease(heldBy("pod-b")));
});

test("a second installation stays out for as long as the first is alive, and says why", async (t) => {
  const { server, election, told, log } = await setup(t, { claimMs: 1_000 });
  for (let renewals = 0; renewals < 5; renewals += 1) {
    // Between two leaders of the first installation nobody holds the Lease: the namespace is still theirs.
    await show(server, lease(heldBy("", String(renewals)), "first"));
  }
  deepEqual(told, ["rival first"]);
  equal(election.rival, "first");
  ok(log.records.some(({ level, message }) => level === "error" && message.includes("another installation")));
  await stop(server, election, lease(heldBy(""), "first"));
});

test("an installation that has gone leaves the namespace to the next one", async (t) => {
  const { server, election, told } = await setup(t, { claimMs: 200 });
  await waitFor("the Lease to be taken", async () => {
    const call = await server.call();
    call.respond(200, lease(heldBy("their-pod", "1", 0), "first"));
    return (
      call.method === "PUT" &&
      (call.body as Lease).metadata.annotations?.["sipfederation.io/installation"] === "edge"
    );
  });
  await waitFor("leadership", () => election.leader);
  deepEqual(told, ["rival first", "rival gone", "admitted", "elected"]);
  equal(election.rival, undefined);
  await stop(server, election, lease(heldBy("pod-a")));
});

test("what keeps it from being admitted is told once, with what follows, and so is the end of it", async (t) => {
  const { server, election, log } = await setup(t);
  for (let tries = 0; tries < 3; tries += 1) (await server.call()).refuse(403, "Forbidden");
  await show(server, lease(heldBy("pod-b")));
  await waitFor("the end of it", () => log.records.some(({ level }) => level === "info"));
  const lines = log.records
    .filter(({ level }) => level !== "debug")
    .map(({ level, message }) => `${level} ${message}`);
  deepEqual(lines, [
    "warn the Lease of the leader cannot be read or written: until it can, nothing is listed or watched",
    "info the Lease of the leader can be read and written",
  ]);
  await stop(server, election, lease(heldBy("pod-b")));
});
