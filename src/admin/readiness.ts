import type { HostPort } from "../federation/types.ts";
import type { Check } from "./server.ts";

/** What readiness is told from; the reasons serve a person who looks why a pod is not ready. */
export interface ReadinessSources {
  /** Asks the SIP router itself: its table has an epoch where it is full. Undefined: it does not answer. */
  readonly askRouter: () => Promise<{ readonly epoch: string | undefined } | undefined>;
  /** Where it is asked. */
  readonly router: HostPort;
  /** Another installation that the namespace belongs to. */
  readonly rival: () => string | undefined;
  /** Whether all objects have been read from the API server. */
  readonly synced: () => boolean;
}

/** Ready is who routes by a full table, whatever the state of the operator. */
export async function readiness({ askRouter, router, rival, synced }: ReadinessSources): Promise<Check> {
  const answer = await askRouter();
  if (answer?.epoch !== undefined) return { ok: true };
  const other = rival();
  if (other !== undefined) return unready(`the namespace belongs to the installation ${other}`);
  const why = answer
    ? "the router does not hold the full table"
    : `the router does not answer at ${at(router)}`;
  return unready(synced() ? why : `${why}, and the API server has not been read yet`);
}

function at({ host, port }: HostPort): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

function unready(reason: string): Check {
  return { ok: false, reason };
}
