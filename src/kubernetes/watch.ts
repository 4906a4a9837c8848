import { ApiError, type StatusBody } from "./api-error.ts";
import type { KubernetesClient, Query } from "./client.ts";
import { lines } from "./lines.ts";
import type { ApiObject, ApiResource } from "./resources.ts";

/** One line of a watch, decoded. */
export type WatchEvent =
  | { readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK"; readonly object: ApiObject }
  | { readonly type: "ERROR"; readonly object: StatusBody };

export type ObjectEvent = Exclude<WatchEvent, { type: "ERROR" }>;

export interface WatchOptions {
  readonly query: Query;
  /** A connection on which nothing comes for this long is taken for dead. */
  readonly silenceMs: number;
  readonly signal: AbortSignal;
  /** The server has accepted the watch: what was missed comes now. */
  readonly opened?: () => void;
}

/**
 * One watch connection, until the server ends it. Throws `ApiError` where the server refuses or reports an error
 * (410 for history that is gone), and another error where the connection breaks or falls silent.
 */
export async function* watch(
  client: KubernetesClient,
  resource: ApiResource,
  options: WatchOptions,
): AsyncGenerator<ObjectEvent> {
  const watchdog = new AbortController();
  const signal = AbortSignal.any([options.signal, watchdog.signal]);
  const query = { ...options.query, watch: true, allowWatchBookmarks: true };
  const stream = await client.stream(resource, query, signal);
  options.opened?.();
  const timer = setTimeout(() => {
    watchdog.abort(new Error(`nothing came on the watch for ${options.silenceMs} ms`));
  }, options.silenceMs);
  try {
    for await (const line of lines(stream, () => timer.refresh())) yield decode(line);
  } finally {
    clearTimeout(timer);
    stream.destroy();
  }
}

function decode(line: string): ObjectEvent {
  const event = JSON.parse(line) as WatchEvent;
  if (event.type === "ERROR") throw new ApiError(event.object.code ?? 500, event.object);
  return event;
}
