/** Facts as a look at an installation brings them. */
import type { Condition } from "../../../../src/api/types.ts";
import type { ContainerFacts, OperatorFacts, PodFacts } from "../../../../src/cli/doctor/facts.ts";
import { readMetrics } from "../../../../src/cli/doctor/reading/pods.ts";
import type { Finding, Told } from "../../../../src/cli/doctor/types.ts";

export const NOW = new Date("2026-03-01T12:00:00Z");

export function known<T>(value: T): Told<T> {
  return { ok: true, value };
}

/** Findings as text, a line each: `problem: what -> fix`. */
export function lines(findings: readonly Finding[]): readonly string[] {
  return findings.map((it) =>
    it.state === "ok" ? `ok: ${it.message}` : `${it.state}: ${it.message} -> ${it.fix}`,
  );
}

export function condition(
  type: string,
  status: Condition["status"],
  reason: string,
  message = "Because.",
): Condition {
  return { type, status, reason, message, lastTransitionTime: "2026-01-01T00:00:00Z" };
}

/** Metrics of an operator whose router works. */
export const HEALTHY = "sip_router_up 1\nsip_router_in_force 1\n";

export interface PodSketch {
  readonly name?: string;
  readonly ready?: boolean;
  readonly metrics?: string;
  readonly unready?: string;
  readonly containers?: readonly ContainerFacts[];
  readonly operator?: Told<OperatorFacts>;
  readonly leaving?: boolean;
  readonly unschedulable?: string;
}

export function pod({
  name = "edge-0",
  ready = true,
  metrics = HEALTHY,
  unready,
  ...rest
}: PodSketch = {}): PodFacts {
  return {
    name,
    ready,
    leaving: false,
    serviceAccount: "edge",
    containers: [],
    unschedulable: undefined,
    configMap: undefined,
    operator: known({ unready, metrics: readMetrics(metrics) }),
    ...rest,
  };
}
