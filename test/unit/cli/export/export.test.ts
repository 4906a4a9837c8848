/** What is chosen, and how it is written, without an API server. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { load } from "js-yaml";
import type { FederatedDomain } from "../../../../src/api/types.ts";
import { manifest, manifestsText, manifestText } from "../../../../src/cli/export/manifest.ts";
import { exportedDomain, matches, missing, select } from "../../../../src/cli/export/selection.ts";
import type { ExportedDomain, Selection } from "../../../../src/cli/export/types.ts";
import { run } from "../../../support/sipfed.ts";

const NOW = new Date("2026-03-01T12:00:00Z");
const EVERYTHING: Selection = { patterns: [], all: false };

interface Told {
  readonly spec?: Partial<FederatedDomain["spec"]>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly created?: string;
}

/** As the API server has one that the operator created. */
function discovered(name: string, { spec, labels, annotations, created }: Told = {}): ExportedDomain {
  const object = {
    apiVersion: "sipfederation.io/v1alpha1",
    kind: "FederatedDomain",
    metadata: {
      name,
      namespace: "voice",
      uid: "1",
      resourceVersion: "7",
      generation: 1,
      creationTimestamp: created ?? "2026-02-01T08:00:00Z",
      labels: labels ?? { "sipfederation.io/origin": "discovered" },
      ...(annotations && { annotations }),
    },
    spec: { policy: "Allow", protocol: "SIP", trust: "Limited", ...spec },
    status: { conditions: [] },
  } satisfies FederatedDomain;
  return exportedDomain(object);
}

test("a discovered domain is written as the whole of what Git shall say of it", () => {
  assert.equal(
    manifestText(discovered("partner.example")),
    `# discovered 2026-02-01
apiVersion: sipfederation.io/v1alpha1
kind: FederatedDomain
metadata:
  name: partner.example
spec:
  trust: Full
`,
  );
});

test("what is not the default is kept, and what people wrote on it; what tools wrote is not", () => {
  const domain = discovered("partner.example", {
    spec: {
      policy: "Block",
      protocol: "XMPP",
      description: "on: hold",
      sources: ["192.0.2.0/24", "2001:db8::/32"],
    },
    labels: {
      "sipfederation.io/origin": "discovered",
      "argocd.argoproj.io/instance": "edge",
      "app.kubernetes.io/instance": "edge",
      team: "voice",
      "example.com/cost": "7",
    },
    annotations: {
      "kubectl.kubernetes.io/last-applied-configuration": "{}",
      "kustomize.toolkit.fluxcd.io/prune": "x",
    },
  });
  assert.deepEqual(manifest(domain).metadata, {
    name: "partner.example",
    labels: { "example.com/cost": "7", team: "voice" },
  });
  assert.match(
    manifestText(domain),
    /\nspec:\n {2}description: 'on: hold'\n {2}trust: Full\n {2}policy: Block\n {2}protocol: XMPP\n {2}sources:\n {4}- 192\.0\.2\.0\/24\n {4}- 2001:db8::\/32\n$/,
  );
});

test("trust of what a person wrote stays as it is", () => {
  const own = discovered("own.example", { labels: {} });
  assert.equal(manifest(own).spec.trust, "Limited");
  assert.match(manifestText(own), /^# written 2026-02-01\n/);
});

test("several are documents of one file", () => {
  const text = manifestsText([discovered("a.example"), discovered("b.example")]);
  assert.equal(text.match(/^---$/gm)?.length, 1);
  assert.equal(manifestsText([]), "");
});

test("every description survives the way through YAML, also through parsers of YAML 1.1", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 60 }), (description) => {
      const text = manifestText(discovered("a.example", { spec: { description } }));
      assert.deepEqual((load(text) as { spec: unknown }).spec, { description, trust: "Full" });
    }),
  );
  for (const word of ["yes", "on", "No", "~", "1:20", "012", "1_000", "0o7", "<<", "=", "2026-01-01"])
    assert.match(
      manifestText(discovered("a.example", { spec: { description: word } })),
      /description: '.*'\n/,
    );
});

const DOMAINS = [
  discovered("b.example"),
  discovered("a.example", { spec: { protocol: "XMPP" }, created: "2026-02-27T12:00:00Z" }),
  discovered("sub.a.example", { created: "2026-01-01T00:00:00Z" }),
  discovered("adopted.example", { spec: { trust: "Full" } }),
  discovered("own.example", { labels: {}, spec: { trust: "Full" } }),
];

function chosen(selection: Partial<Selection>): readonly string[] {
  return select(DOMAINS, { ...EVERYTHING, ...selection }, NOW).map(({ name }) => name);
}

test("what nobody has adopted is chosen, in the order of names", () => {
  assert.deepEqual(chosen({}), ["a.example", "b.example", "sub.a.example"]);
  assert.equal(chosen({ all: true }).length, DOMAINS.length);
});

test("by protocol, by age and by name", () => {
  const day = 86_400_000;
  assert.deepEqual(chosen({ protocol: "XMPP" }), ["a.example"]);
  assert.deepEqual(chosen({ olderThan: 30 * day }), ["sub.a.example"]);
  assert.deepEqual(chosen({ newerThan: 2 * day }), ["a.example"]);
  assert.deepEqual(chosen({ patterns: ["*.a.example", "b.example"] }), ["b.example", "sub.a.example"]);
});

test("a pattern is no regular expression", () => {
  assert.ok(matches("*.example", "a.b.example"));
  assert.ok(!matches("*.example", "example"));
  assert.ok(!matches("a.example", "axexample"));
  assert.ok(matches("*", "a.example"));
});

test("a domain that was named and is not among them is told of", () => {
  const selection = {
    ...EVERYTHING,
    patterns: ["adopted.example", "own.example", "c.example", "b.example", "*.no"],
  };
  assert.deepEqual(missing(DOMAINS, select(DOMAINS, selection, NOW), selection), [
    "adopted.example is adopted already; --all prints it all the same",
    "own.example was not discovered: a person wrote it; --all prints it all the same",
    "there is no FederatedDomain c.example",
  ]);
});

const MISUSES: readonly (readonly [args: readonly string[], message: RegExp])[] = [
  [
    ["a b"],
    /^sipfed: a b is neither a domain nor a pattern such as \*\.partner\.example; see sipfed export --help/,
  ],
  [["--protocol", "h323"], /--protocol is SIP or XMPP, not h323/],
  [["--older-than", "3 days"], /--older-than is a duration such as 12h, 3d or 2w, not 3 days/],
  [["-o", "table"], /--output is yaml, json or name, not table/],
  [["-o", "json", "-d", "x"], /--directory writes yaml: leave out --output/],
  [["--overwrite"], /--overwrite is for --directory/],
];

for (const [args, message] of MISUSES) {
  test(`misuse: export ${args.join(" ")}`, async () => {
    const { code, out, err } = await run("export", ...args);
    assert.deepEqual([code, out], [2, ""]);
    assert.match(err, message);
  });
}
