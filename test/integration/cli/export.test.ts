/** `sipfed export` against a real API server, and what becomes of its output when it is applied. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { load } from "js-yaml";
import {
  applyObjects,
  createNamespace,
  createRestrictedUser,
  kubectl,
  type KubernetesApi,
} from "../../support/control-plane.ts";
import { sharedControlPlane } from "../../support/shared-control-plane.ts";
import { run } from "../../support/sipfed.ts";
import { temporaryDirectory } from "../../support/temporary.ts";

const ORIGIN = { "sipfederation.io/origin": "discovered" };

let api: KubernetesApi;
let namespace: string;
let kubeconfig: string;

before(async () => {
  api = await sharedControlPlane();
  namespace = await createNamespace(api);
  const rules = [{ apiGroups: ["sipfederation.io"], resources: ["federateddomains"], verbs: ["list"] }];
  ({ kubeconfig } = await createRestrictedUser(api, { namespace, rules }));
});

/** As the operator does it: by POST, not by apply. */
async function discover(name: string, spec: object = {}): Promise<void> {
  const file = join(temporaryDirectory("discovered"), `${name}.json`);
  const object = {
    apiVersion: "sipfederation.io/v1alpha1",
    kind: "FederatedDomain",
    metadata: { name, labels: ORIGIN },
    spec: { trust: "Limited", ...spec },
  };
  writeFileSync(file, JSON.stringify(object));
  await kubectl(api, "create", "-n", namespace, "-f", file);
}

const sipfedExport = (...args: string[]) => run("export", "--kubeconfig", kubeconfig, ...args);

async function stored(
  name: string,
): Promise<{ metadata: { labels: object; generation: number }; spec: object }> {
  const { stdout } = await kubectl(api, "get", "federateddomain", name, "-n", namespace, "-o", "json");
  return JSON.parse(stdout) as never;
}

test("its output applies, adopts the domains and leaves them marked as discovered", async () => {
  await discover("b.partner.example", { description: "yes", protocol: "XMPP" });
  await discover("a.partner.example");
  await applyObjects(api, namespace, [
    {
      apiVersion: "sipfederation.io/v1alpha1",
      kind: "FederatedDomain",
      metadata: { name: "own.partner.example" },
    },
  ]);
  const { code, out, err } = await sipfedExport("*.partner.example");
  assert.deepEqual([code, err], [0, ""]);
  assert.deepEqual(
    out.split("---\n").map((text) => (load(text) as { metadata: object }).metadata),
    [{ name: "a.partner.example" }, { name: "b.partner.example" }],
  );
  const file = join(temporaryDirectory("export"), "domains.yaml");
  writeFileSync(file, out);
  await kubectl(api, "apply", "-n", namespace, "-f", file);
  const { metadata, spec } = await stored("b.partner.example");
  assert.deepEqual(metadata.labels, ORIGIN);
  assert.deepEqual(spec, { description: "yes", policy: "Allow", protocol: "XMPP", trust: "Full" });

  const again = await sipfedExport("*.partner.example");
  assert.deepEqual([again.code, again.out], [0, ""]);
  assert.match(again.err, /^sipfed: none of \d+ FederatedDomains is asked for in namespace test-/);
});

test("server-side apply takes the field that the operator wrote, where it is told to", async () => {
  await discover("forced.example");
  const file = join(temporaryDirectory("export"), "forced.yaml");
  writeFileSync(file, (await sipfedExport("forced.example")).out);
  const apply = (...args: string[]) =>
    kubectl(api, "apply", "--server-side", "-n", namespace, "-f", file, ...args);
  await assert.rejects(apply(), /conflict/);
  await apply("--force-conflicts");
  const { metadata, spec } = await stored("forced.example");
  assert.deepEqual(metadata.labels, ORIGIN);
  assert.deepEqual(spec, { policy: "Allow", protocol: "SIP", trust: "Full" });
});

test("a file for each domain; what is there with another content is left alone", async () => {
  await discover("one.files.example");
  await discover("two.files.example");
  const directory = join(temporaryDirectory("export"), "new", "domains");
  const args = ["*.files.example", "-d", directory];
  assert.deepEqual(await sipfedExport(...args), { code: 0, out: "", err: "2 written, 0 as they were\n" });
  assert.deepEqual(readdirSync(directory).sort(), ["one.files.example.yaml", "two.files.example.yaml"]);
  const file = join(directory, "one.files.example.yaml");
  const written = readFileSync(file, "utf8");
  writeFileSync(file, `${written}# a person was here\n`);
  const { err } = await sipfedExport(...args);
  assert.equal(
    err,
    `0 written, 1 as they were\n${file} is there with another content, and is left alone: see --overwrite\n`,
  );
  assert.equal((await sipfedExport(...args, "--overwrite")).err, "1 written, 1 as they were\n");
  assert.equal(readFileSync(file, "utf8"), written);
});

test("as JSON and as names; a domain that is not there is told of", async () => {
  await discover("json.example");
  const { out } = await sipfedExport("json.example", "-o", "json");
  const { kind, items } = JSON.parse(out) as { kind: string; items: object[] };
  assert.deepEqual([kind, items.length], ["List", 1]);
  assert.deepEqual(await sipfedExport("json.example", "not.example", "-o", "name"), {
    code: 1,
    out: "json.example\n",
    err: "sipfed: there is no FederatedDomain not.example\n",
  });
});

test("more of them than fit on a page", async () => {
  const names = Array.from({ length: 1001 }, (_, n) => `d${String(n).padStart(4, "0")}.many.example`);
  const objects = names.map((name) => ({
    apiVersion: "sipfederation.io/v1alpha1",
    kind: "FederatedDomain",
    metadata: { name, labels: ORIGIN },
    spec: { trust: "Limited" },
  }));
  await applyObjects(api, namespace, objects);
  const { out } = await sipfedExport("*.many.example", "-o", "name");
  assert.deepEqual(out.trim().split("\n"), names);
});

test("a right that is missing is named", async () => {
  const { kubeconfig: none } = await createRestrictedUser(api, { namespace, rules: [] });
  const { code, err } = await run("export", "--kubeconfig", none);
  assert.equal(code, 2);
  assert.match(
    err,
    /^sipfed: you may not list federateddomains in namespace test-\w+: ask for that right\n$/,
  );
});
