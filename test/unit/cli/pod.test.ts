/** By way of an API server, which is played: pods are listed, and their ports forwarded over a WebSocket. */
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { join } from "node:path";
import { mkdirSync, writeFileSync } from "node:fs";
import { test, type TestContext } from "node:test";
import type { Explanation } from "../../../src/federation/explain.ts";
import { freePort } from "../../support/free-port.ts";
import { servePortForward, type ForwardTo } from "../../support/port-forward.ts";
import { temporaryDirectory } from "../../support/temporary.ts";
import { run, startOperator, startServer } from "../../support/sipfed.ts";

interface Pod {
  readonly name: string;
  readonly ready?: boolean;
  readonly leaving?: boolean;
}

interface Played {
  readonly pods?: readonly Pod[];
  /** In place of the list of pods. */
  readonly listStatus?: number;
  readonly forwardStatus?: number;
  /** The operator is not there. */
  readonly silent?: boolean;
}

const READY: readonly Pod[] = [
  { name: "leaving", ready: true, leaving: true },
  { name: "starting" },
  { name: "edge-1", ready: true },
];

function podOf({ name, ready = false, leaving = false }: Pod): object {
  return {
    metadata: { name, ...(leaving && { deletionTimestamp: "2026-01-01T00:00:00Z" }) },
    status: { conditions: [{ type: "Ready", status: ready ? "True" : "False" }] },
  };
}

/** Starts an API server; `asked` is what it was asked for, with the token that came along. */
async function play(t: TestContext, { pods = READY, listStatus, forwardStatus, silent }: Played = {}) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.headers.authorization ?? ""} ${decodeURIComponent(request.url ?? "")}`);
    response.setHeader("content-type", "application/json");
    if (listStatus === undefined) response.end(JSON.stringify({ kind: "PodList", items: pods.map(podOf) }));
    else response.writeHead(listStatus).end(JSON.stringify({ kind: "Status", code: listStatus }));
  });
  const operator = await startOperator(t);
  const nobody = await freePort("127.0.0.1");
  const forwardTo: ForwardTo = (path, port) => {
    asked.push(`${path} ${port}`);
    if (forwardStatus !== undefined) return forwardStatus;
    return silent ? { host: "127.0.0.1", port: nobody } : operator;
  };
  servePortForward(server, forwardTo);
  const kubeconfig = writeKubeconfig(await startServer(t, server));
  return { asked, kubeconfig };
}

/** A kubeconfig whose current context names the namespace voice. */
function writeKubeconfig(server: string): string {
  const directory = temporaryDirectory("kubeconfig");
  mkdirSync(directory, { recursive: true });
  const file = join(directory, "config");
  const contexts = ["voice", "other"].map((namespace) => ({
    name: namespace,
    context: { cluster: "played", user: "person", namespace },
  }));
  const content = {
    clusters: [{ name: "played", cluster: { server, "insecure-skip-tls-verify": true } }],
    users: [{ name: "person", user: { token: "secret" } }],
    contexts,
    "current-context": "voice",
  };
  writeFileSync(file, JSON.stringify(content));
  return file;
}

const LIST =
  "Bearer secret /api/v1/namespaces/voice/pods?labelSelector=app.kubernetes.io/name=sip-federation";

test("the operator of a pod that is ready answers, through its forwarded port", async (t) => {
  const { asked, kubeconfig } = await play(t);
  const { code, out, err } = await run("explain", "sip:bob@partner.example", "--kubeconfig", kubeconfig);
  assert.equal(err, "");
  assert.equal(code, 0);
  assert.match(out, /Next hop {4}192\.0\.2\.2:5060 over TCP/);
  assert.match(out, /Told by {5}pod edge-1 in namespace voice\n$/);
  assert.deepEqual(asked, [LIST, "/api/v1/namespaces/voice/pods/edge-1/portforward 8064"]);
});

test("a context, a namespace and a pod that are named are asked, and no list is needed then", async (t) => {
  const { asked, kubeconfig } = await play(t, { listStatus: 403 });
  const args = ["--kubeconfig", kubeconfig, "-o", "json", "--pod", "edge-2"];
  const uri = "sip:bob@partner.example";
  const { out } = await run("explain", uri, ...args, "--context", "other");
  assert.equal((JSON.parse(out) as Explanation).row, 5);
  await run("explain", uri, ...args, "-n", "third");
  assert.deepEqual(asked, [
    "/api/v1/namespaces/other/pods/edge-2/portforward 8064",
    "/api/v1/namespaces/third/pods/edge-2/portforward 8064",
  ]);
});

const REFUSALS: Readonly<Record<string, readonly [Played, message: RegExp]>> = {
  "no pods": [
    { pods: [] },
    /namespace voice has no pod with the label app\.kubernetes\.io\/name=sip-federation: name another namespace with -n/,
  ],
  "no pod that is ready": [
    { pods: [{ name: "starting" }] },
    /no pod of the installation in namespace voice is ready: name one with --pod/,
  ],
  "no right to list": [{ listStatus: 403 }, /you may not list pods in namespace voice: name one with --pod/],
  "an unknown person": [{ listStatus: 401 }, /does not know you: log in anew, or look at --context/],
  "a broken API server": [{ listStatus: 500 }, /answered with 500 to a list of pods/],
  "no right to forward": [
    { forwardStatus: 403 },
    /that takes the rights get and create on pods\/portforward/,
  ],
  "a pod that has gone": [{ forwardStatus: 404 }, /namespace voice has no pod edge-1/],
  "a node that is away": [{ forwardStatus: 502 }, /the API server opens no way to pod edge-1: .*502/],
  "no operator in the pod": [{ silent: true }, /pod edge-1 does not answer on port 8064: .*ECONNREFUSED/],
};

for (const [what, [played, message]] of Object.entries(REFUSALS)) {
  test(`${what}: said with what to do`, async (t) => {
    const { kubeconfig } = await play(t, played);
    const { code, out, err } = await run("explain", "sip:a@b.test", "--kubeconfig", kubeconfig);
    assert.deepEqual([code, out], [2, ""]);
    assert.match(err, message);
  });
}

test("a kubeconfig that is not there, is none, or lacks the context", async (t) => {
  const { kubeconfig } = await play(t);
  const errorOf = async (...args: string[]) => (await run("explain", "sip:a@b.test", ...args)).err;
  assert.match(
    await errorOf("--kubeconfig", `${kubeconfig}.not`),
    /the kubeconfig cannot be read: ENOENT.*--kubeconfig\n$/,
  );
  assert.match(
    await errorOf("--kubeconfig", kubeconfig, "--context", "third"),
    /has no context third; there are voice, other\n$/,
  );
});

test("KUBECONFIG names several files: those that are not there do not count", async (t) => {
  const { asked, kubeconfig } = await play(t);
  const before = process.env.KUBECONFIG;
  t.after(() => {
    if (before === undefined) delete process.env.KUBECONFIG;
    else process.env.KUBECONFIG = before;
  });
  process.env.KUBECONFIG = `${kubeconfig}.not:${kubeconfig}`;
  const { code } = await run("explain", "sip:bob@partner.example");
  assert.equal(code, 0);
  assert.equal(asked[0], LIST);
});
