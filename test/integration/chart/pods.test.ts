/** The images of the Dockerfile, in a pod that the chart renders, run by a real container runtime. */
import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { waitFor } from "../../support/wait-for.ts";
import { obstacle } from "./containers.ts";
import { RunningPod } from "./running-pod.ts";

/** Building from nothing downloads packages and compiles. */
const BUILD_TIMEOUT = 540_000;

suite("pods", { skip: obstacle(), timeout: BUILD_TIMEOUT }, () => {
  let pod: RunningPod;

  before(
    async () => {
      pod = await RunningPod.start();
    },
    { timeout: BUILD_TIMEOUT },
  );
  after(() => pod.remove());

  test("the pod gets ready, and the operator has created the predefined route", async () => {
    await pod.waitUntilReady();
    const route = await waitFor("the predefined route", () =>
      pod.kubectl("get", "staticroute", "default", "-o", "name"),
    );
    assert.match(route, /staticroute\.sipfederation\.io\/default/);
  });

  test("health and metrics answer on the address of the pod, explain on loopback alone", async () => {
    assert.equal((await pod.get(8065, "/healthz")).status, 200);
    assert.match(await (await pod.get(8065, "/metrics")).text(), /^sip_router_up 1$/m);
    assert.equal((await pod.get(8065, "/explain?uri=sip:bob@partner.example")).status, 404);
  });

  for (const container of ["operator", "sip-router"] as const) {
    test(`${container} has no root, no capabilities, no way to gain any, and nothing to write to`, async () => {
      const status = await pod.exec(container, "cat /proc/1/status");
      assert.match(status, /^Uid:\s+10001\s+10001\s+10001\s+10001$/m);
      assert.match(status, /^CapBnd:\s+0+$/m);
      assert.match(status, /^CapEff:\s+0+$/m);
      assert.match(status, /^NoNewPrivs:\s+1$/m);
      assert.match(status, /^Seccomp:\s+2$/m);
      for (const path of ["/app", "/usr/local/bin", "/etc"]) {
        await assert.rejects(pod.exec(container, `touch ${path}/probe`), /Read-only file system/, path);
      }
    });

    test(`${container} holds no build tools`, async () => {
      const tools = "npm npx tsc gcc cc make python3 curl git kamctl kamdbctl";
      assert.equal(await pod.exec(container, `for tool in ${tools}; do command -v $tool || true; done`), "");
    });
  }

  test("the router has no token of the API server", async () => {
    await assert.rejects(pod.exec("sip-router", "ls /var/run/secrets/kubernetes.io"), /No such file/);
  });

  test("an operator that is killed comes back in its container, and the router stays ready meanwhile", async () => {
    const before = await pod.startTimes();
    await pod.exec(
      "operator",
      "for it in /proc/[0-9]*; do ! grep -qa main[.]js $it/cmdline || kill -9 ${it#/proc/}; done",
    );
    await waitFor("the operator's end", async () => !(await pod.answers(8065, "/healthz")));
    assert.equal((await pod.get(8060, "/readyz")).status, 200);
    await waitFor("the operator's return", () => pod.answers(8065, "/healthz"), { timeout: 30_000 });
    assert.equal((await pod.get(8060, "/readyz")).status, 200);
    assert.deepEqual(await pod.startTimes(), before, "no container was restarted");
  });

  test("SIGTERM ends both containers in order", async () => {
    assert.deepEqual(await pod.stop(), { operator: 0, "sip-router": 0 });
  });
});
