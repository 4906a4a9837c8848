import type { Check } from "./server.ts";

/** What readiness is told from; the reasons serve a person who looks why a pod is not ready. */
export interface ReadinessSources {
  /** Asks the SIP router itself. */
  readonly routerHoldsTable: () => Promise<boolean>;
  /** Another installation that the namespace belongs to. */
  readonly rival: () => string | undefined;
  /** Whether all objects have been read from the API server. */
  readonly synced: () => boolean;
}

/** Ready is who routes by a full table, whatever the state of the operator. */
export async function readiness({ routerHoldsTable, rival, synced }: ReadinessSources): Promise<Check> {
  if (await routerHoldsTable()) return { ok: true };
  const other = rival();
  if (other !== undefined) return unready(`the namespace belongs to the installation ${other}`);
  if (!synced()) return unready("the router holds no table, and the API server has not been read yet");
  return unready("the router does not hold the full table");
}

function unready(reason: string): Check {
  return { ok: false, reason };
}
