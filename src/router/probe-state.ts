/** What is known of one next hop by its probes. */
export interface ProbeState {
  /** Undefined until there was an answer, or enough silence. */
  readonly alive: boolean | undefined;
  /** Probes in a row without an answer. */
  readonly failures: number;
  /** Time that the last answer took, in milliseconds; undefined without one. */
  readonly latencyMs: number | undefined;
  /** What keeps it from being connected to over TLS, a sentence without its full stop; undefined where nothing is known. */
  readonly problem?: string;
}

export const NOT_PROBED: ProbeState = { alive: undefined, failures: 0, latencyMs: undefined };

/** Silence that counts as death: as many probes in a row. */
export const FAILURES = 3;

/** Any answer is one, whatever its status: who says 404 or 503 is there. */
export function answered(latencyMs: number): ProbeState {
  return { alive: true, failures: 0, latencyMs };
}

export function silent({ alive, failures: before, problem }: ProbeState): ProbeState {
  const failures = before + 1;
  return {
    alive: failures >= FAILURES ? false : alive,
    failures,
    latencyMs: undefined,
    ...(problem !== undefined && { problem }),
  };
}

/** Nothing is sent to somebody else than who was meant (RFC 5922 §7.3). */
export function impostor(names: readonly string[]): ProbeState {
  const whose = names.length === 0 ? "no name that counts" : names.slice(0, 3).join(", ");
  const problem = `its certificate is for ${whose}: set tls.serverName to a name that it carries, if that is who is meant`;
  return { alive: false, failures: FAILURES, latencyMs: undefined, problem };
}
