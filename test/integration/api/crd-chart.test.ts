/** The chart of the CRDs, with real Helm, in a control plane that has no CRDs yet. */
import assert from "node:assert/strict";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { runCommand } from "../../../tools/setup/commands.ts";
import { helmProgram } from "../../../tools/setup/helm.ts";
import { repositoryRoot } from "../../../tools/setup/paths.ts";
import { applyObjects, kubectl, startControlPlane, type ControlPlane } from "../../support/control-plane.ts";
import { manifest, read } from "../../support/crd-objects.ts";
import { temporaryDirectory } from "../../support/temporary.ts";
import { waitFor } from "../../support/wait-for.ts";

const CHART = join(repositoryRoot, "charts/sip-federation-crds");
const DEFINITION = "crd/federateddomains.sipfederation.io";

const helmHome = temporaryDirectory("helm");

let api: ControlPlane;

before(async () => {
  api = await startControlPlane();
});
after(() => api.stop());

async function helm(...args: string[]): Promise<string> {
  const homes = { HELM_CACHE_HOME: helmHome, HELM_CONFIG_HOME: helmHome, HELM_DATA_HOME: helmHome };
  return runCommand(await helmProgram(), args, { env: { ...homes, KUBECONFIG: api.kubeconfig } });
}

/**
 * Until both kinds can be listed: a definition that is deleted before that may stay for ever, because the API server
 * then fails to look for objects of it ("storage is (re)initializing") and does not try again.
 */
async function waitUntilServed(): Promise<void> {
  await kubectl(api, "wait", "--for=condition=Established", "--timeout=30s", DEFINITION);
  await waitFor("the API server to serve both kinds", () =>
    kubectl(api, "get", "--namespace=default", "staticroutes,federateddomains"),
  );
}

/** The chart of a next version, in which a field got another description. */
function nextVersion(): string {
  const chart = join(temporaryDirectory("chart"), "sip-federation-crds");
  cpSync(CHART, chart, { recursive: true });
  edit(join(chart, "Chart.yaml"), /^version: .*$/m, "version: 99.0.0");
  edit(
    join(chart, "templates/federateddomains.sipfederation.io.yaml"),
    "A note for people.",
    "What people say.",
  );
  return chart;
}

function edit(file: string, from: string | RegExp, to: string): void {
  writeFileSync(file, readFileSync(file, "utf8").replace(from, to));
}

test("Helm finds nothing wrong with the chart", async () => {
  assert.match(await helm("lint", "--strict", CHART), /0 chart\(s\) failed/);
});

test("definitions are installed, upgraded, and outlive their release with all objects", async () => {
  await helm("install", "crds", CHART, "--namespace=default");
  await waitUntilServed();
  await applyObjects(api, "default", [manifest("FederatedDomain", "partner.example.com", {})]);
  const { metadata } = await read(api, "default", "FederatedDomain", "partner.example.com");

  await helm("upgrade", "crds", nextVersion(), "--namespace=default");
  const { stdout } = await kubectl(api, "get", DEFINITION, "-o", "yaml");
  assert.match(stdout, /What people say/);

  await helm("uninstall", "crds", "--namespace=default");
  const kept = await read(api, "default", "FederatedDomain", "partner.example.com");
  assert.equal(kept.metadata.uid, metadata.uid);

  await helm("install", "crds", CHART, "--namespace=default");
  assert.equal(
    (await read(api, "default", "FederatedDomain", "partner.example.com")).metadata.uid,
    metadata.uid,
  );
});

test("definitions that were applied by hand can be handed over to a release", async () => {
  await helm("uninstall", "crds", "--namespace=default", "--ignore-not-found");
  await kubectl(api, "delete", "--ignore-not-found", "-f", join(repositoryRoot, "crds"));
  await kubectl(api, "apply", "-f", join(repositoryRoot, "crds"));
  await waitUntilServed();
  await helm("install", "crds", CHART, "--namespace=default", "--take-ownership");
  assert.match(await helm("list", "--namespace=default"), /deployed/);
});
