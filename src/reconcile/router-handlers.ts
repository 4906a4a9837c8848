import type { Direction } from "../federation/types.ts";
import type { Asking } from "./asking.ts";
import type { Learning, Verdict } from "./learning.ts";

export interface LearningMetrics {
  discovered(direction: Direction, verdict: Verdict): void;
  learned(direction: Direction): void;
}

/** What the router is answered when it asks about a domain, and what follows when it has reached one. */
export function routerHandlers(asking: Asking, learning: Learning, metrics: LearningMetrics) {
  return {
    discover: async (domain: string, direction: Direction): Promise<Verdict> => {
      const verdict = await asking.verdict(domain, direction);
      metrics.discovered(direction, verdict);
      return verdict;
    },
    learned: (domain: string, direction: Direction, _remembered: boolean, overXmpp: boolean): void => {
      metrics.learned(direction);
      learning.learned(domain, direction, overXmpp ? "XMPP" : "SIP");
    },
  };
}
