import { hash } from "node:crypto";
import type { ConditionUpdate } from "../api/conditions.ts";
import { Conditions } from "../api/names.ts";

/** What of a status is ours to write; everything else belongs to others. */
export interface StatusShape {
  /** Fields beside `conditions`. */
  readonly fields: readonly string[];
  /** Types of conditions. */
  readonly conditions: readonly string[];
}

/** A status as stored or as desired, its times left aside. */
type OpenStatus = Readonly<Record<string, unknown>> & {
  readonly conditions?: readonly (Omit<ConditionUpdate, "observedGeneration"> & {
    readonly observedGeneration?: number;
  })[];
};

/** 48 bits fit into a number without loss. */
const DIGEST_BYTES = 6;

/**
 * A number that stands for what we own of a status, times apart. It replaces the status in memory: at 100,000
 * objects the conditions would cost more than everything else that is kept.
 */
export function digestOf(status: unknown, shape: StatusShape): number {
  const owned = ownedPart((status ?? {}) as OpenStatus, shape);
  return hash("md5", JSON.stringify(owned), "buffer").readUIntBE(0, DIGEST_BYTES);
}

function ownedPart(status: OpenStatus, shape: StatusShape): unknown[] {
  const conditions = shape.conditions.map((type) => {
    const condition = status.conditions?.find((candidate) => candidate.type === type);
    return (
      condition && [condition.status, condition.reason, condition.message, condition.observedGeneration ?? 0]
    );
  });
  return [shape.fields.map((field) => status[field] ?? null), conditions];
}

/** `Programmed` is True, and says so of this generation. */
export function isProgrammed(status: unknown, generation: number): boolean {
  const conditions = ((status ?? {}) as OpenStatus).conditions ?? [];
  return conditions.some(
    ({ type, status: value, observedGeneration }) =>
      type === Conditions.Programmed && value === "True" && observedGeneration === generation,
  );
}
