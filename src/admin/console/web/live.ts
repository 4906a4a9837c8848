import type { DomainsEvent, PulseEvent } from "../types.ts";

/** What is heard, by event. `resync`: events may have been missed, so what is shown has to be read anew. */
export interface LiveEvents {
  domains: DomainsEvent;
  routes: undefined;
  pulse: PulseEvent;
  resync: undefined;
  /** Events come, or not any more. */
  state: boolean;
  /** The viewer may not listen any more. */
  ended: undefined;
}

type Listener<E extends keyof LiveEvents> = (data: LiveEvents[E]) => void;

const RETRY_MS = 3_000;

/**
 * The server's events. They come again by themselves when the connection was lost. A page that nobody sees does not listen:
 * over HTTP/1.1 a browser has six connections to a host, for all of its tabs together.
 */
export class Live {
  #source: EventSource | undefined;
  #retry: number | undefined;
  readonly #listeners = new Map<keyof LiveEvents, Set<(data: never) => void>>();

  /** Listens while the page is seen, until the signal fires. */
  follow(signal: AbortSignal): void {
    const look = (isSeen: boolean): void => {
      if (!isSeen) this.#stop();
      else if (!this.#source) this.#start();
    };
    document.addEventListener(
      "visibilitychange",
      () => {
        look(document.visibilityState === "visible");
      },
      { signal },
    );
    // a page that is left may be kept, with its connections, for a way back
    addEventListener(
      "pagehide",
      () => {
        look(false);
      },
      { signal },
    );
    addEventListener(
      "pageshow",
      () => {
        look(true);
      },
      { signal },
    );
    signal.addEventListener("abort", () => {
      this.#stop();
    });
    look(document.visibilityState === "visible");
  }

  #start(): void {
    const source = new EventSource("/console/api/events");
    this.#source = source;
    source.addEventListener("hello", (event: MessageEvent<string>) => {
      this.#tell("state", true);
      this.#tell("pulse", JSON.parse(event.data) as PulseEvent);
      // at first too: what is shown was read before anything was heard, long before in a tab that nobody saw
      this.#tell("resync", undefined);
    });
    source.addEventListener("domains", (event: MessageEvent<string>) => {
      this.#tell("domains", JSON.parse(event.data) as DomainsEvent);
    });
    source.addEventListener("routes", () => {
      this.#tell("routes", undefined);
    });
    source.addEventListener("pulse", (event: MessageEvent<string>) => {
      this.#tell("pulse", JSON.parse(event.data) as PulseEvent);
    });
    source.addEventListener("ended", () => {
      this.#stop();
      this.#tell("ended", undefined);
    });
    source.addEventListener("error", () => {
      this.#failed(source);
    });
  }

  #stop(): void {
    clearTimeout(this.#retry);
    this.#source?.close();
    this.#source = undefined;
  }

  /** Until the signal fires. */
  on<E extends keyof LiveEvents>(event: E, listener: Listener<E>, signal: AbortSignal): void {
    const listeners = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, listeners.add(listener));
    signal.addEventListener("abort", () => {
      listeners.delete(listener);
    });
  }

  /** A refusal closes the source for good; a lost connection does not. */
  #failed(source: EventSource): void {
    this.#tell("state", false);
    if (source.readyState !== EventSource.CLOSED) return;
    this.#retry = setTimeout(() => {
      // whoever is not logged in any more learns it here
      this.#tell("resync", undefined);
      if (this.#source === source) this.#start();
    }, RETRY_MS);
  }

  #tell<E extends keyof LiveEvents>(event: E, data: LiveEvents[E]): void {
    for (const listener of this.#listeners.get(event) ?? []) (listener as Listener<E>)(data);
  }
}
