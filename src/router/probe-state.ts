/** What is known of one next hop by its probes. */
export interface ProbeState {
  /** Undefined until there was an answer, or enough silence. */
  readonly alive: boolean | undefined;
  /** Probes in a row without an answer. */
  readonly failures: number;
  /** Time that the last answer took, in milliseconds; undefined without one. */
  readonly latencyMs: number | undefined;
}

export const NOT_PROBED: ProbeState = { alive: undefined, failures: 0, latencyMs: undefined };

/** Silence that counts as death: as many probes in a row. */
export const FAILURES = 3;

/** Any answer is one, whatever its status: who says 404 or 503 is there. */
export function answered(latencyMs: number): ProbeState {
  return { alive: true, failures: 0, latencyMs };
}

export function silent({ alive, failures: before }: ProbeState): ProbeState {
  const failures = before + 1;
  return { alive: failures >= FAILURES ? false : alive, failures, latencyMs: undefined };
}
