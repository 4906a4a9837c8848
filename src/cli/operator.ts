import { Failure } from "./command.ts";
import type { Cluster } from "./cluster.ts";

/** Whom to ask: an admin listener itself, or a pod of an installation by way of the API server. */
export type OperatorAddress = { readonly server: URL } | Cluster;

export interface OperatorAnswer {
  readonly status: number;
  readonly body: string;
  /** Who answered, for people. */
  readonly from: string;
}

/** Milliseconds for an answer, from the first byte to the last; an operator takes nine at most. */
const TIMEOUT = 15_000;

/**
 * Sends a GET to the admin listener of an operator, which is on loopback in its pod.
 * @param path with the query
 * @throws Failure where nobody answers
 */
export async function askOperator(address: OperatorAddress, path: string): Promise<OperatorAnswer> {
  const signal = AbortSignal.timeout(TIMEOUT);
  if ("server" in address) return askServer(address.server, path, signal);
  // Loaded late: it takes half a second, and nobody else needs it.
  const { askPod } = await import("./pod.ts");
  return askPod(address, path, signal);
}

async function askServer(server: URL, path: string, signal: AbortSignal): Promise<OperatorAnswer> {
  try {
    const response = await fetch(new URL(path, server), { signal });
    return { status: response.status, body: await response.text(), from: server.origin };
  } catch (error) {
    const why = reasonOf(error);
    throw new Failure(`no operator answers at ${server.origin} (${why}): is --server its admin listener?`, {
      cause: error,
    });
  }
}

/** What went wrong on a connection, in the words of whoever knows most. */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0]);
  if (error instanceof Error && error.cause !== undefined) return reasonOf(error.cause);
  // A WebSocket fails with an event, which has a message too.
  return typeof error === "object" && error !== null && "message" in error
    ? String(error.message)
    : String(error);
}
