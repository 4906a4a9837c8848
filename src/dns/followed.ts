import type { Inquiry, Known } from "./inquiry.ts";
import { nextAsk } from "./next-ask.ts";
import type { Resolution } from "./resolve-hop.ts";
import { sameTargets } from "./targets.ts";
import type { HopName, Target, Timing } from "./types.ts";

/** Hops with the same key resolve to the same targets. */
export function hopKey({ host, port, transport }: HopName): string {
  return `${transport} ${port} ${host}`;
}

/** What is known of one hop, and when to ask again. */
export class Followed {
  readonly hop: HopName;
  /** Undefined until DNS has given a certain answer. */
  targets: readonly Target[] | undefined;
  problem: string | undefined;
  /** The answers that `targets` rests on. */
  known: Known = new Map();
  /** When to ask, by `performance.now()`; Infinity while being asked, and for what needs no DNS. */
  dueAt = Infinity;
  /** Inquiries in which DNS failed, in a row. */
  failures = 0;

  constructor({ host, port, transport }: HopName) {
    this.hop = { host, port, transport };
  }

  /** Takes in what an inquiry has found; returns whether that changes targets or problem. */
  learn(resolution: Resolution, inquiry: Inquiry, timing: Timing): boolean {
    const keeps = resolution.targets.length === 0 && !inquiry.certain;
    const targets = keeps ? this.targets : resolution.targets;
    const problem = problemOf(resolution, inquiry, keeps ? (this.targets ?? []) : []);
    const moved = !sameTargets(targets, this.targets);
    const changes = moved || problem !== this.problem;
    if (moved) this.targets = targets;
    this.problem = problem;
    this.known = inquiry.answers;
    this.failures = inquiry.failure === undefined ? 0 : this.failures + 1;
    const { failures } = this;
    this.dueAt = nextAsk(
      { expiresAt: inquiry.expiresAt, hasProblem: problem !== undefined, failures },
      timing,
    );
    return changes;
  }
}

/** @param kept targets of before that stay because nothing was found. */
function problemOf(
  { targets, problem }: Resolution,
  { failure, stale }: Inquiry,
  kept: readonly Target[],
): string | undefined {
  if (failure === undefined) return problem;
  if (kept.length > 0 || (stale && targets.length > 0)) {
    return `${failure}; the last known addresses stay in use`;
  }
  return targets.length > 0 ? `${failure}; what else was found is in use` : failure;
}
