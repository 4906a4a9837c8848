/** What the checks say of what runs, without anything that does. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { clockFindings } from "../../../../src/cli/doctor/checks/clock.ts";
import { definitionFindings } from "../../../../src/cli/doctor/checks/definitions.ts";
import { podFindings } from "../../../../src/cli/doctor/checks/pods.ts";
import { operatorRights, rightFindings } from "../../../../src/cli/doctor/checks/rights.ts";
import { versionFindings } from "../../../../src/cli/doctor/checks/versions.ts";
import type { LeaseFacts } from "../../../../src/cli/doctor/facts.ts";
import { chartRoleRules } from "../../../support/chart-role.ts";
import { known, lines, NOW, pod, type PodSketch } from "./facts.ts";

const SECOND = 1_000;

function lease(fields: Partial<LeaseFacts> = {}): LeaseFacts {
  return {
    name: "sip-federation",
    replicaOf: undefined,
    installation: "edge",
    holder: "edge-0",
    age: 2000,
    ...fields,
  };
}

function pods(...sketches: readonly PodSketch[]): readonly string[] {
  const facts = { namespace: "voice", now: NOW, pods: known(sketches.map(pod)), leases: known([lease()]) };
  return lines(podFindings(facts));
}

test("definitions: none, another version, one that is missing, an old one", () => {
  const of = (versions: readonly string[], fields?: Readonly<Record<string, readonly string[]>>) =>
    lines(definitionFindings({ definitions: known({ versions, fields }) }));
  assert.match(
    of([])[0] ?? "",
    /^problem: no definitions of sipfederation\.io are installed -> helm install/,
  );
  assert.match(
    of(["v1"])[0] ?? "",
    /^problem: sipfederation\.io is served as v1, not as v1alpha1 -> helm upgrade/,
  );
  const domain = ["description", "policy", "protocol", "trust"];
  assert.deepEqual(
    of(["v1alpha1"], { FederatedDomain: domain }).map((it) => it.split(" -> ")[0]),
    [
      "problem: staticroutes.sipfederation.io is not installed",
      "problem: federateddomains.sipfederation.io is an old definition: it lacks spec.sources",
    ],
  );
  assert.deepEqual(of(["v1alpha1"]), ["ok: sipfederation.io/v1alpha1 is served"]);
});

test("rights: those that are asked for are those of the chart's Role", () => {
  const inChart = chartRoleRules("edge").flatMap(({ apiGroups, resources, verbs, resourceNames = [""] }) =>
    apiGroups.flatMap((group) =>
      resources.flatMap((resource) =>
        verbs.flatMap((verb) => resourceNames.map((name) => [verb, group, resource, name].join(" "))),
      ),
    ),
  );
  const asked = operatorRights("edge", true).map(({ verb, group, resource, subresource, name = "" }) =>
    [verb, group, subresource === undefined ? resource : `${resource}/${subresource}`, name].join(" "),
  );
  assert.deepEqual(asked.sort(), inChart.sort());
});

test("rights: what is refused is named, the verbs of a resource together", () => {
  const rights = operatorRights("edge", false).map((right) => ({
    right,
    allowed: right.resource !== "leases" && right.resource !== "secrets" && right.subresource === undefined,
  }));
  assert.deepEqual(
    rightFindings({ rights: known(rights), namespace: "voice" }).map(({ message }) => message),
    [
      "the operator may not patch staticroutes/status.sipfederation.io",
      "the operator may not patch federateddomains/status.sipfederation.io",
      "the operator may not get, list, watch, create, update, patch leases.coordination.k8s.io",
      "the operator may not get, create, patch secrets edge-dialog-key",
    ],
  );
});

test("pods: none, and those that are on their way out do not count", () => {
  assert.match(pods()[0] ?? "", /^problem: no pod of the installation runs in namespace voice -> /);
  assert.match(pods({ leaving: true })[0] ?? "", /^problem: no pod/);
});

const CONTAINER = { name: "sip-router", image: "r:1", restarts: 0, waiting: undefined, ended: undefined };

const STATES: Readonly<Record<string, readonly [PodSketch, expected: RegExp]>> = {
  "no node": [
    { ready: false, unschedulable: "0/3 nodes are available" },
    /^problem: pod edge-0: no node takes it, 0\/3 nodes are available -> kubectl describe pod edge-0$/,
  ],
  "no image": [
    { ready: false, containers: [{ ...CONTAINER, waiting: "ImagePullBackOff" }] },
    /^problem: pod edge-0: sip-router does not run, ImagePullBackOff -> correct the values below images/,
  ],
  "no Secret": [
    { ready: false, containers: [{ ...CONTAINER, waiting: "CreateContainerConfigError" }] },
    /-> kubectl describe pod edge-0: a ConfigMap or Secret that it needs is not there$/,
  ],
  "no table": [
    { ready: false, unready: "the router does not hold the full table" },
    /^problem: pod edge-0 is not ready: the router does not hold the full table -> kubectl logs/,
  ],
  "a restart": [
    {
      containers: [
        { ...CONTAINER, restarts: 1, ended: { reason: "OOMKilled", at: new Date(NOW.getTime() - 60_000) } },
      ],
    },
    /^warning: pod edge-0: sip-router was restarted within the hour \(OOMKilled\), 1 time in all -> raise the memory/,
  ],
  "a router that is away": [
    { metrics: "sip_router_up 0\n" },
    /^problem: pod edge-0: the router does not answer its operator/,
  ],
  "an old table": [
    { metrics: "sip_router_up 1\nsip_router_in_force 0\n" },
    /^problem: pod edge-0: the router does not route by the current table/,
  ],
  "no memory": [
    { metrics: "sip_router_memory_used_bytes 95\nsip_router_memory_bytes 100\n" },
    /^warning: pod edge-0: 95 % of the router's memory is in use -> raise router\.sharedMemoryMiB$/,
  ],
  "domains to be written": [
    { metrics: "sip_federation_unwritten_domains 2\n" },
    /^warning: pod edge-0: 2 learned domains could not be written yet/,
  ],
  "an old certificate": [
    { metrics: `sip_tls_certificate_expiry_seconds ${NOW.getTime() / 1000 - 1}\n` },
    /^problem: pod edge-0: its TLS certificate has expired -> renew/,
  ],
  "a certificate that ends": [
    { metrics: `sip_tls_certificate_expiry_seconds ${NOW.getTime() / 1000 + 3 * 86_400}\n` },
    /^warning: pod edge-0: its TLS certificate expires in 3 days -> renew/,
  ],
  "files that do not fit": [
    { metrics: "sip_tls_files_usable 0\n" },
    /^problem: pod edge-0: the files of the TLS Secret/,
  ],
};

for (const [what, [sketch, expected]] of Object.entries(STATES)) {
  test(`pods: ${what}`, () => {
    const found = pods(sketch).filter((line) => !line.startsWith("ok"));
    assert.equal(found.length, 1, found.join("\n"));
    assert.match(found[0] ?? "", expected);
  });
}

test("pods: all is well, also where a container was restarted long ago", () => {
  const ended = { reason: "Error", at: new Date(NOW.getTime() - 2 * 3_600_000) };
  assert.deepEqual(pods({ containers: [{ ...CONTAINER, restarts: 3, ended }] }, { name: "edge-1" }), [
    "ok: 2 of 2 pods ready",
    "ok: edge-0 leads",
  ]);
});

test("pods: operators that cannot be asked are told of once", () => {
  const operator = { ok: false, status: 403, why: "no" } as const;
  const found = pods({ operator }, { name: "edge-1", operator });
  assert.deepEqual(
    found.filter((line) => line.startsWith("warning")),
    [
      "warning: what the operators say of themselves: not looked at, you may not -> ask for the right to get and create pods/portforward",
    ],
  );
});

test("pods: nobody leads", () => {
  const leading = (...leases: readonly LeaseFacts[]) =>
    lines(podFindings({ namespace: "voice", now: NOW, pods: known([pod()]), leases: known(leases) })).at(
      -1,
    ) ?? "";
  assert.match(leading(), /^problem: no operator has ever led here/);
  assert.match(leading(lease({ holder: "" })), /^problem: no operator leads/);
  assert.match(leading(lease({ age: 60 * SECOND })), /^problem: no operator leads/);
});

test("clock: here, and of each replica", () => {
  const api = (ahead: number | undefined) =>
    known({ server: "https://api", version: "v1.36.0", ahead, doubt: 600 });
  const clock = (ahead: number | undefined, ...ages: readonly number[]) =>
    lines(
      clockFindings({
        api: api(ahead),
        leases: known(ages.map((age, n) => lease({ name: `edge-${n}`, replicaOf: "edge", age }))),
      }),
    ).map((line) => line.split(" -> ")[0]);
  assert.deepEqual(clock(-900, 3 * SECOND), [
    "ok: the clock here agrees with that of the API server",
    "ok: the clocks of the replicas agree with that of the API server",
  ]);
  assert.deepEqual(clock(20_600), ["warning: the clock here is 20 s behind that of the API server"]);
  assert.deepEqual(clock(-120_600), ["problem: the clock here is 120 s ahead of that of the API server"]);
  assert.deepEqual(clock(undefined, -30 * SECOND, -90 * SECOND, 40 * SECOND), [
    "warning: the clock of replica edge-0 is 30 s ahead of the API server's",
    "problem: the clock of replica edge-1 is 90 s ahead of the API server's",
    "warning: replica edge-2 last renewed its Lease 40 s ago: it hangs, or its clock is behind",
  ]);
});

test("versions: Kubernetes, the operators, and this program", () => {
  const of = (kubernetes: string, ...versions: readonly string[]) =>
    lines(
      versionFindings({
        api: known({ server: "https://api", version: kubernetes, ahead: 0, doubt: 0 }),
        pods: known(versions.map((it) => pod({ metrics: `sip_federation_info{version="${it}"} 1\n` }))),
        version: "0.2.0",
      }),
    );
  assert.deepEqual(of("v1.31.0+k3s1", "0.2.0", "0.2.0"), [
    "ok: Kubernetes is v1.31.0+k3s1",
    "ok: operators and sipfed are 0.2.0",
  ]);
  assert.match(of("v1.30.9")[0] ?? "", /^problem: Kubernetes is v1\.30\.9: the definitions need 1\.31/);
  assert.match(
    of("v1.36.0", "0.1.0", "0.2.0")[1] ?? "",
    /^warning: the operators are of several versions: 0\.1\.0, 0\.2\.0/,
  );
  assert.match(
    of("v2.0.0", "0.1.0")[1] ?? "",
    /^warning: the operators are 0\.1\.0, sipfed is 0\.2\.0 -> use sipfed 0\.1\.0$/,
  );
});

test("versions: by the tag of the image where the operator cannot be asked", () => {
  const away = pod({
    operator: { ok: false, why: "away" },
    containers: [{ ...CONTAINER, name: "operator", image: "registry.example:5000/operator:0.2.0" }],
  });
  const api = { ok: false, why: "away" } as const;
  assert.deepEqual(lines(versionFindings({ api, pods: known([away]), version: "0.2.0" })), [
    "ok: operators and sipfed are 0.2.0",
  ]);
});
