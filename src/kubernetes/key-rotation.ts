import { randomBytes } from "node:crypto";
import { type DialogSecret, entered, noted, removed, type SecretChange, together } from "./dialog-secret.ts";

/** Milliseconds. */
export interface RotationPolicy {
  /** The age at which a key is replaced; 0: never by itself. */
  readonly rotationMs: number;
  /** Between being accepted and making marks, at least: a replica that starts meanwhile has read it. */
  readonly overlapMs: number;
  /** For how long marks are good. */
  readonly lifetimeMs: number;
}

export interface RotationStep {
  readonly change: SecretChange;
  /** For the log; undefined where only a time was noted. */
  readonly news?: string;
}

const KEY_BYTES = 32;

export function newKey(): string {
  return randomBytes(KEY_BYTES).toString("hex");
}

/**
 * What the leader writes next into the Secret; undefined: nothing now. Of a key that a person entered, the time is noted
 * first.
 * @param isEverywhere whether every replica accepts the marks of a key.
 */
export function nextStep(
  secret: DialogSecret,
  policy: RotationPolicy,
  now: number,
  isEverywhere: (key: string) => boolean,
): RotationStep | undefined {
  const { rotationMs, overlapMs, lifetimeMs } = policy;
  const { key, keySince, next, nextSince, previous, previousUntil } = secret;
  if (keySince === undefined) return { change: noted("key", key, now) };
  if (previous !== undefined) {
    if (previousUntil === undefined) return { change: noted("previous", previous, now + lifetimeMs) };
    if (previousUntil <= now)
      return { change: removed("previous"), news: "the previous dialog key is forgotten" };
  }
  if (next === undefined) {
    if (rotationMs === 0 || now - keySince < rotationMs) return undefined;
    return { change: entered("next", newKey(), now), news: "a new dialog key was made" };
  }
  if (nextSince === undefined) return { change: noted("next", next, now) };
  // Without its marks being void, only one key can be the previous one.
  if (previous !== undefined || now - nextSince < overlapMs || !isEverywhere(next)) return undefined;
  const change = together(
    entered("key", next, now),
    removed("next"),
    // Other replicas make marks with it until they have read of this.
    entered("previous", key, now + lifetimeMs + overlapMs),
  );
  return { change, news: "the next dialog key makes marks from now on" };
}
