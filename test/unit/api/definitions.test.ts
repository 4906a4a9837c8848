/** What must hold of crds/ beyond what the API server checks. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as names from "../../../src/api/names.ts";
import type { Schema } from "../../../tools/generate/schema.ts";
import { property } from "../../../tools/generate/schema.ts";
import { readSources } from "../../../tools/generate/sources.ts";
import { repositoryRoot } from "../../../tools/setup/paths.ts";

interface Field {
  readonly path: string;
  readonly schema: Schema;
}

/** Every field of a kind except what the API server itself defines. */
function fieldsOf(schema: Schema, path: string): Field[] {
  const inner = Object.entries(schema.properties ?? {}).filter(([name]) => name !== "metadata");
  return [
    { path, schema },
    ...inner.flatMap(([name, field]) => fieldsOf(field, `${path}.${name}`)),
    ...(schema.items === undefined ? [] : fieldsOf(schema.items, `${path}[]`)),
  ];
}

for (const { crd } of readSources(repositoryRoot)) {
  const { kind, plural, singular } = crd.spec.names;
  const root = crd.spec.versions[0].schema.openAPIV3Schema;
  const fields = fieldsOf(root, singular);
  const ownFields = fields.filter(({ path }) => !/\.(apiVersion|kind)$/.test(path));

  test(`${kind} is named in one way`, () => {
    assert.equal(crd.spec.group, names.GROUP);
    assert.equal(crd.spec.versions[0].name, names.VERSION);
    const resource = kind === names.STATIC_ROUTE.kind ? names.STATIC_ROUTE : names.FEDERATED_DOMAIN;
    assert.deepEqual({ kind, plural }, resource);
  });

  test(`every field of ${kind} has a description`, () => {
    const silent = fields.filter(
      ({ path, schema }) => !path.endsWith("[]") && schema.description === undefined,
    );
    assert.deepEqual(silent, []);
  });

  test(`every string and list of ${kind} is bounded, for the cost of the rules`, () => {
    const isUnbounded = ({ type, maxLength, maxItems, enum: values, format }: Schema): boolean =>
      (type === "string" && maxLength === undefined && values === undefined && format === undefined) ||
      (type === "array" && maxItems === undefined);
    assert.deepEqual(
      ownFields.filter(({ schema }) => isUnbounded(schema)),
      [],
    );
  });

  test(`the descriptions of ${kind} tell the defaults, which kubectl explain does not`, () => {
    const told = fieldsOf(property(root, "spec"), "spec").map(({ path, schema }) => ({
      path,
      default: / Defaults to (\S+)\.$/.exec(schema.description ?? "")?.[1],
    }));
    const real = fieldsOf(property(root, "spec"), "spec").map(({ path, schema }) => ({
      path,
      default: schema.properties === undefined ? plain(schema.default) : undefined,
    }));
    assert.deepEqual(told, real);
  });

  test(`a new ${kind} is Ready=Unknown by default`, () => {
    const conditions = property(property(root, "status"), "conditions");
    const [ready, ...others] = conditions.default as { type: string; status: string; reason: string }[];
    assert.deepEqual(others, []);
    assert.equal(ready?.type, names.Conditions.Ready);
    assert.equal(ready.status, "Unknown");
    assert.equal(ready.reason, names.PENDING);
  });

  test(`neither Helm nor GitOps ever deletes the definition of ${kind}`, () => {
    assert.deepEqual(crd.metadata.annotations, {
      "argocd.argoproj.io/sync-options": "Prune=false,Delete=false",
      "helm.sh/resource-policy": "keep",
      "kustomize.toolkit.fluxcd.io/prune": "disabled",
    });
  });
}

function plain(value: unknown): string | undefined {
  return value === undefined ? undefined : JSON.stringify(value).replaceAll('"', "");
}
