/** What the README and the notes of a release tell people to type. */
import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { repositoryRoot } from "../../../tools/setup/paths.ts";
import { type KubernetesApi, createNamespace } from "../../support/control-plane.ts";
import { runKubectl } from "../../support/control-plane/kubectl.ts";
import { sharedControlPlane } from "../../support/shared-control-plane.ts";
import { LOCAL_DOMAIN, CHART, helm } from "./release.ts";

let api: KubernetesApi;
let namespace: string;

before(async () => {
  api = await sharedControlPlane();
  namespace = await createNamespace(api);
});

/** The here-documents of shell commands. */
function manifestsIn(text: string): string[] {
  return [...text.matchAll(/^kubectl apply [^\n]*<<END\n(.*?)^END$/gms)].map(([, manifest = ""]) => manifest);
}

async function assertAccepted(text: string, count: number): Promise<void> {
  const manifests = manifestsIn(text);
  assert.equal(manifests.length, count);
  for (const manifest of manifests) {
    await runKubectl(api.kubeconfig, ["apply", "--dry-run=server", "-n", namespace, "-f", "-"], manifest);
  }
}

test("the API server accepts every manifest of the README", async () => {
  await assertAccepted(readFileSync(join(repositoryRoot, "README.md"), "utf8"), 3);
});

test("the API server accepts the manifest of the release notes", async () => {
  const notes = await helm([
    "install",
    "edge",
    CHART,
    "--dry-run=client",
    "--namespace",
    namespace,
    ...LOCAL_DOMAIN,
  ]);
  await assertAccepted(notes, 1);
});

test("links between documents lead somewhere", () => {
  for (const document of [
    "README.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "CHANGELOG.md",
    "docs/operations.md",
    "docs/monitoring.md",
    "docs/supply-chain.md",
    "THIRD-PARTY.md",
    "charts/sip-federation/README.md",
    "charts/sip-federation-crds/README.md",
    "docs/xmpp.md",
  ]) {
    const path = join(repositoryRoot, document);
    for (const [, link = ""] of readFileSync(path, "utf8").matchAll(/\]\(([^)#]+)[^)]*\)/g)) {
      if (/^https?:/.test(link)) continue;
      assert.doesNotThrow(() => statSync(join(path, "..", link)), `${document} links to ${link}`);
    }
  }
});
