/** Part of main.ts: when this replica last heard of a domain. */
import type { RouterHandlers } from "../../router/types.ts";

type Heard = Pick<RouterHandlers, "learned" | "domainLimited">;

/** Domains that are remembered; of older ones nothing is known. */
const MOST = 20_000;

/**
 * When this replica last heard of a domain, in memory alone. The router does not tell of every request: it tells of a
 * domain that answers for the first time, and of a known one that meets a limit.
 */
export class Activity {
  readonly #at = new Map<string, number>();

  /** In milliseconds since 1970; undefined where nothing was heard. */
  at(domain: string): number | undefined {
    return this.#at.get(domain);
  }

  /** `now`: milliseconds since 1970. */
  heard(domain: string, now: number): void {
    this.#at.delete(domain);
    this.#at.set(domain, now);
    const [oldest] = this.#at.keys();
    if (this.#at.size > MOST && oldest !== undefined) this.#at.delete(oldest);
  }

  /** Listens to what the router tells. `changed`: something new is known of a domain. */
  listening<H extends Heard>(handlers: H, changed: (domain: string) => void): H & Heard {
    const hear = (domain: string): void => {
      this.heard(domain, Date.now());
      changed(domain);
    };
    return {
      ...handlers,
      learned: (...told) => {
        hear(told[0]);
        handlers.learned(...told);
      },
      domainLimited: (...told) => {
        hear(told[0]);
        handlers.domainLimited?.(...told);
      },
    };
  }
}
