/** The schema and the routing core read the same words: what the API server takes, the core understands. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { canonicalHost, isStorable } from "../../../src/federation/domain-name.ts";
import { parsePattern } from "../../../src/federation/patterns.ts";
import { property, type Rule, type Schema } from "../../../tools/generate/schema.ts";
import { readSources } from "../../../tools/generate/sources.ts";
import { repositoryRoot } from "../../../tools/setup/paths.ts";

const MAX_LENGTH = 253;

const [route, domain] = readSources(repositoryRoot).map(
  ({ crd }) => crd.spec.versions[0].schema.openAPIV3Schema,
) as [Schema, Schema];
const routeSpec = property(route, "spec");

/** The regular expressions of the first rule of a schema, in their order; they mean the same in RE2 and here. */
function expressionsOf(schema: Schema): RegExp[] {
  const [first] = schema["x-kubernetes-validations"] as readonly [Rule];
  return [...first.rule.matchAll(/matches\('((?:[^'\\]|\\.)*)'\)/g)].map(([, source = ""]) =>
    source.startsWith("(?i)") ? new RegExp(source.slice(4), "i") : new RegExp(source),
  );
}

/** Texts of one shape, but not of the other. */
function texts([shape, but]: readonly RegExp[]): fc.Arbitrary<string> {
  if (shape === undefined || but === undefined)
    throw new Error("the rule has other expressions than expected");
  // the generator knows no flag: lower case is enough, the core is tested with both
  return fc
    .stringMatching(new RegExp(shape.source))
    .filter((text) => text.length <= MAX_LENGTH && !but.test(text));
}

test("every domain pattern of the schema is one to the core", () => {
  const expressions = expressionsOf(routeSpec);
  assert.equal(expressions.length, 4);
  const patterns = fc.oneof(texts(expressions.slice(0, 2)), texts(expressions.slice(2)));
  fc.assert(fc.property(patterns, (text) => parsePattern(text) !== undefined));
});

test("every next hop of the schema is a host to the core", () => {
  const expressions = expressionsOf(property(routeSpec, "nextHop"));
  fc.assert(fc.property(texts(expressions), (text) => canonicalHost(text) !== undefined));
});

test("the core knows which domains the API can store", () => {
  const [name] = expressionsOf(domain);
  assert.ok(name);
  const label = fc.stringMatching(/^[a-z0-9-]{1,4}$/);
  const names = fc.oneof(
    fc.stringMatching(name).filter((text) => text.length <= MAX_LENGTH),
    fc.array(label, { maxLength: 4 }).map((labels) => labels.join(".")),
  );
  fc.assert(fc.property(names, (text) => isStorable(text) === name.test(text)));
});
