/** Leadership and what replicas tell each other, through the chart's Role, against a real API server. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { KubernetesClient } from "../../../src/kubernetes/client.ts";
import { LeaderElection, type LeaderTiming } from "../../../src/kubernetes/leader.ts";
import type { Logger } from "../../../src/kubernetes/logger.ts";
import { ReplicaLease } from "../../../src/kubernetes/replica-lease.ts";
import { ReplicaView } from "../../../src/kubernetes/replica-view.ts";
import { sharedControlPlane } from "../../support/shared-control-plane.ts";
import { waitFor } from "../../support/wait-for.ts";
import { INSTALLATION, ownNamespace } from "./setup.ts";

const TIMING: Partial<LeaderTiming> = {
  leaseMs: 2_000,
  renewDeadlineMs: 1_500,
  retryMs: 100,
  claimMs: 4_000,
};

/** Candidates of one namespace, and whether two of them ever led at once. */
function candidates(t: TestContext, connect: () => KubernetesClient, log: Logger) {
  const leading = new Set<string>();
  const overlaps: string[] = [];
  const add = (identity: string, installation = INSTALLATION) => {
    const client = connect();
    const handlers = {
      admitted: () => undefined,
      elected: () => {
        leading.add(identity);
        if (leading.size > 1) overlaps.push([...leading].join());
      },
      deposed: () => leading.delete(identity),
      rival: () => undefined,
    };
    const election = new LeaderElection({ client, installation, identity, handlers, log, timing: TIMING });
    t.after(() => election.stop());
    election.start();
    return { client, election };
  };
  return { add, leading, overlaps };
}

test("one leader at a time: a released leadership moves at once, a lost one when it expires", async (t) => {
  const { connect, log } = await ownNamespace(t, await sharedControlPlane());
  const { add, leading, overlaps } = candidates(t, connect, log);
  const a = add("pod-a");
  await waitFor("a leader", () => a.election.leader);
  const others = { "pod-b": add("pod-b"), "pod-c": add("pod-c") };

  const releasedAt = performance.now();
  await a.election.stop();
  const second = await waitFor("the next leader", () => [...leading][0] as keyof typeof others | undefined);
  ok(performance.now() - releasedAt < 1_900, "nobody waited for the Lease to expire");

  // Its calls fail from now on, as when its node has lost the network.
  await others[second].client.close();
  await waitFor("the lost leader to give up", () => !leading.has(second));
  await waitFor("the third leader", () => leading.size === 1);
  ok(!leading.has(second));
  deepEqual(overlaps, []);
});

test("a second installation in the namespace stays out until the first is gone", async (t) => {
  const { connect, log } = await ownNamespace(t, await sharedControlPlane());
  const { add, leading, overlaps } = candidates(t, connect, log);
  const first = add("pod-a");
  await waitFor("a leader", () => first.election.leader);
  const second = add("pod-x", "another");
  await waitFor("the rival to be noticed", () => second.election.rival === INSTALLATION);
  await first.election.stop();
  const replacement = add("pod-b");
  await waitFor("the first installation to go on", () => replacement.election.leader);
  equal(second.election.rival, INSTALLATION);
  await replacement.election.stop();
  await waitFor("the second installation to take over", () => second.election.leader, { timeout: 20_000 });
  deepEqual([...leading], ["pod-x"]);
  deepEqual(overlaps, []);
});

test("the leader knows what every ready replica has programmed", async (t) => {
  const { client, connect, log } = await ownNamespace(t, await sharedControlPlane());
  const start = (name: string): ReplicaLease => {
    const replica = new ReplicaLease({ client: connect(), installation: INSTALLATION, pod: { name }, log });
    t.after(() => replica.stop());
    replica.start();
    return replica;
  };
  const own = start("pod-a");
  const view = new ReplicaView({ client, installation: INSTALLATION, own, changed: () => undefined, log });
  t.after(() => view.stop());
  view.start();
  const reaches = async (mark: bigint, timeout: number): Promise<void> => {
    await waitFor(`${mark}`, () => view.programmedUpTo("StaticRoute") === mark, { timeout });
  };
  own.publish({ ready: true, applied: { StaticRoute: "300" } });
  await reaches(300n, 5_000);
  const others = [start("pod-b"), start("pod-c")];
  for (const [index, replica] of others.entries()) {
    // One after the other and downwards, so that each is seen.
    replica.publish({ ready: true, applied: { StaticRoute: String(90 - index) } });
    await reaches(BigInt(90 - index), 5_000);
  }
  for (const replica of others) replica.publish({ applied: { StaticRoute: "200" } });
  await reaches(200n, 5_000);
  for (const replica of others) await replica.stop();
  await reaches(300n, 5_000);
});
