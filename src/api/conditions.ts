/** Pure helpers for the conditions in a status (Kubernetes API conventions, "Typical status properties"). */
import type { Condition } from "./types.ts";

/** What a condition shall say. */
export interface ConditionUpdate {
  readonly type: string;
  readonly status: Condition["status"];
  /** One CamelCase word. */
  readonly reason: string;
  readonly message: string;
  /** The `metadata.generation` that it is about. */
  readonly observedGeneration: number;
}

/** The status of any kind, as far as its conditions go. */
export interface ConditionedStatus {
  readonly conditions: readonly Condition[];
}

export function findCondition(conditions: readonly Condition[], type: string): Condition | undefined {
  return conditions.find((condition) => condition.type === type);
}

/**
 * The conditions with one of them set, others left as they are. Its `lastTransitionTime` becomes `now` only where
 * its status changes.
 */
export function withCondition(
  conditions: readonly Condition[],
  update: ConditionUpdate,
  now: Date,
): Condition[] {
  const previous = findCondition(conditions, update.type);
  const lastTransitionTime =
    previous?.status === update.status ? previous.lastTransitionTime : timestamp(now);
  const next: Condition = { ...update, lastTransitionTime };
  if (!previous) return [...conditions, next];
  return conditions.map((condition) => (condition === previous ? next : condition));
}

/** The conditions without those of these types. */
export function withoutConditions(
  conditions: readonly Condition[],
  ...types: readonly string[]
): Condition[] {
  return conditions.filter((condition) => !types.includes(condition.type));
}

/** Whether two statuses say the same, so that writing one over the other is needless. Order means nothing. */
export function sameStatus(a: ConditionedStatus, b: ConditionedStatus): boolean {
  const { conditions: conditionsOfA, ...fieldsOfA } = a;
  const { conditions: conditionsOfB, ...fieldsOfB } = b;
  return sameFields(fieldsOfA, fieldsOfB) && sameConditions(conditionsOfA, conditionsOfB);
}

function sameConditions(a: readonly Condition[], b: readonly Condition[]): boolean {
  if (a.length !== b.length) return false;
  return a.every((condition) => {
    const other = findCondition(b, condition.type);
    return other !== undefined && sameFields(condition, other);
  });
}

/** Compares objects of plain values. */
function sameFields(a: object, b: object): boolean {
  const left = new Map<string, unknown>(Object.entries(a));
  const right = new Map<string, unknown>(Object.entries(b));
  return [...new Set([...left.keys(), ...right.keys()])].every((key) => left.get(key) === right.get(key));
}

/** RFC 3339 in whole seconds, as Kubernetes writes it (meta/v1 Time). */
function timestamp(time: Date): string {
  return time.toISOString().replace(/\.\d+Z$/, "Z");
}
