/** What the images are made of: known, pinned, and under licences that go together. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { load } from "js-yaml";
import { repositoryRoot } from "../../../tools/setup/paths.ts";
import { billOf, debianComponents, nodeComponent } from "../../../tools/supply-chain/bill.ts";
import { dependenciesOf, isAllowed } from "../../../tools/supply-chain/licences.ts";

const text = (path: string): string => readFileSync(join(repositoryRoot, path), "utf8");
const manifest = JSON.parse(text("package.json")) as {
  version: string;
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
};
const dockerfile = text("Dockerfile");

test("every npm package that the operator runs with has a licence that is allowed", () => {
  const dependencies = dependenciesOf(text("package-lock.json"));
  const names = new Set(dependencies.map(({ name }) => name));
  for (const name of Object.keys(manifest.dependencies)) assert(names.has(name), name);
  for (const name of Object.keys(manifest.devDependencies).filter((it) => !it.startsWith("@types/")))
    assert(!names.has(name), name);
  assert.deepEqual(
    dependencies.filter(({ licence }) => !isAllowed(licence)),
    [],
  );
});

test("an expression is allowed where a choice of it is", () => {
  for (const licence of ["MIT", "(MIT OR GPL-3.0-only)", "MIT AND ISC"]) assert(isAllowed(licence), licence);
  for (const licence of ["GPL-3.0-only", "MIT AND AGPL-3.0-only", "unknown", "SEE LICENSE IN LICENSE"])
    assert(!isAllowed(licence), licence);
});

test("all versions are exact", () => {
  for (const [name, version] of Object.entries({ ...manifest.dependencies, ...manifest.devDependencies }))
    assert.match(version, /^\d+\.\d+\.\d+$/, name);
  const node = manifest.devDependencies.node ?? "";
  assert(
    dockerfile.includes(`ARG NODE=docker.io/library/node:${node}-`),
    "the image has the Node.js of the tests",
  );
  for (const chart of readdirSync(join(repositoryRoot, "charts"))) {
    const { version, appVersion } = load(text(`charts/${chart}/Chart.yaml`)) as Record<string, string>;
    assert.deepEqual([version, appVersion], [manifest.version, manifest.version], chart);
  }
});

/** `FROM … AS name` to the next FROM. */
function stage(name: string): string {
  return new RegExp(`^FROM [^\\n]* AS ${name}\\n.*?(?=^FROM |$(?![^]))`, "ms").exec(dockerfile)?.[0] ?? "";
}

for (const image of ["operator", "sip-router", "xmpp-gateway"]) {
  test(`the image ${image} says what it is`, () => {
    const labels = [...stage(image).matchAll(/org\.opencontainers\.image\.([a-z.]+)=/g)].map(
      ([, label]) => label,
    );
    assert.deepEqual(labels.sort(), [
      ...["base.name", "created", "description", "documentation", "licenses"],
      ...["revision", "source", "title", "url", "vendor", "version"],
    ]);
  });
}

test("a bill names the packages that are installed, each once, in order", () => {
  const status = [
    "Package: libc6\nStatus: install ok installed\nArchitecture: amd64\nVersion: 2.36-9+deb12u10\nDescription: GNU C Library\n shared\n",
    "Package: gone\nStatus: deinstall ok config-files\nArchitecture: amd64\nVersion: 1\n",
    "Package: kamailio\nStatus: install ok installed\nArchitecture: amd64\nVersion: 6.0.1-1\n",
    "Package: libc6\nStatus: install ok installed\nArchitecture: amd64\nVersion: 2.36-9+deb12u10\n",
  ].join("\n");
  const components = [nodeComponent("24.0.0"), ...debianComponents(status, "12")];
  const image = { name: "sip-router", version: "1.2.3", created: "2026-01-01T00:00:00Z" };
  const bill = billOf(image, components) as { components: { purl: string }[]; metadata: object };
  assert.deepEqual(
    bill.components.map(({ purl }) => purl),
    [
      "pkg:deb/debian/kamailio@6.0.1-1?arch=amd64&distro=debian-12",
      "pkg:deb/debian/libc6@2.36-9%2Bdeb12u10?arch=amd64&distro=debian-12",
      "pkg:generic/node@24.0.0",
    ],
  );
  assert.deepEqual(billOf(image, [...components].reverse()), bill);
});

interface Workflow {
  readonly permissions: unknown;
  readonly jobs: Readonly<
    Record<string, { readonly steps?: readonly { readonly uses?: string }[]; readonly strategy?: unknown }>
  >;
}

for (const file of readdirSync(join(repositoryRoot, ".github/workflows"))) {
  test(`the workflow ${file} runs what is pinned, with no more rights than it needs`, () => {
    const workflow = load(text(`.github/workflows/${file}`)) as Workflow;
    assert.deepEqual(workflow.permissions, { contents: "read" });
    for (const [job, { steps = [] }] of Object.entries(workflow.jobs)) {
      for (const { uses } of steps) if (uses !== undefined) assert.match(uses, /@[0-9a-f]{40}$/, job);
    }
    for (const [, version] of text(`.github/workflows/${file}`).matchAll(/node-version: (\S+)/g))
      assert.equal(version, manifest.devDependencies.node);
  });
}

test("a release builds every image that the chart names", () => {
  const targets = [...text(".github/workflows/release.yml").matchAll(/\{ target: ([a-z-]+)/g)].map(
    ([, it]) => it,
  );
  const { images } = load(text("charts/sip-federation/values.yaml")) as {
    images: Record<string, { repository?: string }>;
  };
  const named = Object.values(images).flatMap(({ repository }) => repository?.split("/").at(-1) ?? []);
  assert.deepEqual(targets.sort(), named.sort());
});
