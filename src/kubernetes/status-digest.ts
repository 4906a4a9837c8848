import { hash } from "node:crypto";
import { Conditions, NOT_ACCEPTED } from "../api/names.ts";
import type { Condition } from "../api/types.ts";

/** What of a status is ours to write; everything else belongs to others. */
export interface StatusShape {
  /** Fields beside `observedGeneration` and `conditions`. */
  readonly fields: readonly string[];
  /** Types of conditions. */
  readonly conditions: readonly string[];
}

/** A status as it is stored, or shall be. */
export interface ObjectStatus {
  readonly observedGeneration?: number;
  readonly conditions?: readonly Condition[];
}

/** The digest of a status that nobody has written yet: it holds what the schema gave it, and nothing of others. */
export const UNWRITTEN = 0;
/** 48 bits fit into a number without loss. */
const DIGEST_BYTES = 6;

/**
 * A number that stands for what we own of a status, times apart. It replaces the status in memory: of 100,000
 * objects, the conditions would cost more than everything else that is kept.
 */
export function digestOf(status: ObjectStatus | undefined, shape: StatusShape): number {
  if (status === undefined || isUnwritten(status, shape)) return UNWRITTEN;
  const text = JSON.stringify([
    status.observedGeneration,
    fieldsOf(status, shape),
    conditionsOf(status, shape),
  ]);
  return hash("md5", text, "buffer").readUIntBE(0, DIGEST_BYTES);
}

/** The merge patch that makes a status what it shall be. The conditions in it are all there will be. */
export function statusPatch(status: ObjectStatus, shape: StatusShape): object {
  const { observedGeneration, conditions } = status;
  return { observedGeneration, ...fieldsOf(status, shape), conditions };
}

/** `Programmed` says that all routers have this generation: it is True, or the object is without effect on all. */
export function isProgrammed(status: ObjectStatus | undefined, generation: number): boolean {
  return (status?.conditions ?? []).some(
    ({ type, status: value, reason, observedGeneration }) =>
      type === Conditions.Programmed &&
      (value === "True" || reason === NOT_ACCEPTED) &&
      observedGeneration === generation,
  );
}

function isUnwritten({ observedGeneration, conditions = [] }: ObjectStatus, shape: StatusShape): boolean {
  return observedGeneration === undefined && conditions.every(({ type }) => shape.conditions.includes(type));
}

/** In a merge patch (RFC 7396) null is what takes a field away. */
function fieldsOf(status: ObjectStatus, shape: StatusShape): Record<string, unknown> {
  const fields = new Map<string, unknown>(Object.entries(status));
  return Object.fromEntries(shape.fields.map((field) => [field, fields.get(field) ?? null]));
}

function conditionsOf(status: ObjectStatus, shape: StatusShape): unknown[] {
  return shape.conditions.map((type) => {
    const condition = status.conditions?.find((candidate) => candidate.type === type);
    return condition && [condition.status, condition.reason, condition.message, condition.observedGeneration];
  });
}
