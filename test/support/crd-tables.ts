/** Tests from tables: what the API server takes and what it refuses, and that no rule was left out. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { expectationsOf, fulfils } from "./crd-expectations.ts";
import { type Candidate, type Cause, schemaOf, tryCreate } from "./crds.ts";
import { sharedControlPlane } from "./shared-control-plane.ts";

/** A spec, and the name of its object where that matters. */
export type Accepted = readonly [spec: object, name?: string];

/** The field that the refusal names, what it says to do about it, and then as above. */
export type Refused = readonly [field: string, fix: string, spec: object | undefined, name?: string];

export interface Tables {
  readonly kind: Candidate["kind"];
  /** The name of an object whose row has none. */
  readonly name: string;
  readonly accepted: readonly Accepted[];
  readonly refused: readonly Refused[];
}

export function testSchema({ kind, name: anyName, accepted, refused }: Tables): void {
  const refusals: Cause[] = [];

  for (const [spec, name = anyName] of accepted) {
    test(`takes ${kind} ${name} ${inline(spec)}`, async () => {
      const { code, causes } = await tryCreate(await sharedControlPlane(), { kind, name, spec });
      assert.deepEqual(causes, []);
      assert.equal(code, 201);
    });
  }

  for (const [field, fix, spec, name = anyName] of refused) {
    test(`refuses ${kind} ${name} ${inline(spec)} because of ${field}`, async () => {
      const candidate = { kind, name, ...(spec && { spec }) };
      const { code, causes } = await tryCreate(await sharedControlPlane(), candidate);
      assert.ok(code === 422 || code === 400, `answered ${code}`);
      const told = causes.filter((cause) => isAbout(cause, field));
      assert.ok(
        told.some(({ message }) => message.includes(fix)),
        `expected ${field}: ${fix}, got ${inspect(causes)}`,
      );
      refusals.push(...causes);
    });
  }

  test(`every rule and bound of ${kind} has refused something`, () => {
    const promised = expectationsOf(schemaOf(kind)).filter(({ field }) => !field.startsWith("status."));
    const silent = promised.filter((expected) => !refusals.some((cause) => fulfils(cause, expected)));
    assert.deepEqual(silent, []);
  });
}

/** A refusal of the whole body (an unknown field) has no field of its own, but tells it. */
function isAbout({ field, message }: Cause, expected: string): boolean {
  return field === expected || (field === undefined && message.includes(expected));
}

function inline(spec: object | undefined): string {
  const text = spec === undefined ? "without spec" : JSON.stringify(spec);
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
