/** What the documents and the notes of a release tell people to type. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { runCommand } from "../../../tools/setup/commands.ts";
import { type KubernetesApi, createNamespace } from "../../support/control-plane.ts";
import { runKubectl } from "../../support/control-plane/kubectl.ts";
import { sharedControlPlane } from "../../support/shared-control-plane.ts";
import { temporaryDirectory } from "../../support/temporary.ts";
import { codeIn, commandsIn, DOCUMENTS, manifestsIn, readDocument } from "../../support/documents.ts";
import { CHART, helm, LOCAL_DOMAIN } from "./release.ts";

let api: KubernetesApi;
let namespace: string;

before(async () => {
  api = await sharedControlPlane();
  namespace = await createNamespace(api);
});

/** Returns how many they were. */
async function assertAccepted(text: string): Promise<number> {
  const manifests = manifestsIn(text);
  for (const manifest of manifests) {
    await runKubectl(api.kubeconfig, ["apply", "--dry-run=server", "-n", namespace, "-f", "-"], manifest);
  }
  return manifests.length;
}

test("the API server accepts every manifest that the documents have people apply", async () => {
  const counts = new Map<string, number>();
  for (const document of DOCUMENTS) counts.set(document, await assertAccepted(readDocument(document)));
  assert.equal(counts.get("README.md"), 1);
  assert.equal(counts.get("docs/how-to/open-federation.md"), 3);
  assert.equal(counts.get("docs/how-to/block-a-partner.md"), 2);
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
  assert.equal(await assertAccepted(notes), 1);
});

/** Options of helm install and upgrade that helm template has not. */
const OF_RELEASES = new Set(["--install", "--reuse-values", "--reset-then-reuse-values"]);

/** The arguments of a documented command that installs the chart, as a shell reads them. */
async function valuesOf(command: string): Promise<readonly string[]> {
  const script = `REGISTRY=registry.example.com; helm() { printf '%s\\n' "$@"; }\n${command}`;
  const [, ...args] = (await runCommand("sh", ["-euc", script])).trim().split("\n");
  return args
    .filter((argument) => !OF_RELEASES.has(argument))
    .map((argument) => (argument === "charts/sip-federation" ? CHART : argument));
}

/** The arguments, with the files that they name: the YAML of the document is what is in them. */
function withFiles(args: readonly string[], document: string): readonly string[] {
  return args.map((argument, at) => {
    if (args[at - 1] !== "-f") return argument;
    const file = join(temporaryDirectory("values"), "values.yaml");
    writeFileSync(file, codeIn(readDocument(document), "yaml")[0] ?? "");
    return file;
  });
}

test("the chart takes every command of the documents, on top of the one that installs it", async () => {
  const install = /^helm (?:install|upgrade) (?:--install )?edge /;
  const [first = "", ...more] = commandsIn(readDocument("docs/how-to/install.md"), install);
  assert.equal(more.length, 0);
  const installed = await valuesOf(first);
  let upgrades = 0;
  for (const document of DOCUMENTS) {
    for (const command of commandsIn(readDocument(document), install)) {
      const args = withFiles(await valuesOf(command), document);
      const values = args.slice(args.indexOf(CHART) + 1);
      await assert.doesNotReject(helm(["template", ...installed, ...values]), `${document}: ${command}`);
      upgrades += 1;
    }
  }
  assert.ok(upgrades > 8, `${upgrades} commands`);
});
