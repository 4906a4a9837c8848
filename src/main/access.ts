/** Part of main.ts: who may look at more than health. */
import type { IncomingMessage } from "node:http";
import { Access, type Holder, type Review } from "../admin/auth/access.ts";
import { FailedLogins } from "../admin/auth/failed-logins.ts";
import { metricsGate } from "../admin/auth/metrics-gate.ts";
import { Guard } from "../admin/console/auth/guard.ts";
import { Sessions } from "../admin/console/auth/sessions.ts";
import type { Viewer } from "../admin/console/types.ts";
import type { AdminHandlers } from "../admin/server.ts";
import { isLoopback } from "../federation/address.ts";
import type { KubernetesClient } from "../kubernetes/client.ts";
import { type Reviewed, reviewScraper, reviewToken } from "../kubernetes/reviews.ts";

export interface AccessJoint {
  /** Reviews of people, and the tokens of theirs that were wrong. */
  readonly access: Access<Viewer>;
  readonly failures: FailedLogins;
  /** What keeps others away from a listener at an address; nothing on loopback. */
  refusing(host: string): Pick<AdminHandlers, "refuse">;
}

const monotonic = (): number => performance.now();
/** Prometheus is there to tell that the API server is away, however long that takes; in milliseconds. */
const SCRAPER_STALE = 24 * 3_600_000;

/** Tokens are reviewed by the API server: those of people, who look at domains, and those of Prometheus, at numbers. */
export function joinAccess(client: KubernetesClient): AccessJoint {
  const access = new Access<Viewer>({ review: (token) => personOf(client, token), now: monotonic });
  const failures = new FailedLogins(monotonic);
  const guard = new Guard({ access, failures, sessions: new Sessions(monotonic), cookie: "" });
  const refuse = {
    metrics: metricsGate({
      access: new Access({
        review: (token) => scraperOf(client, token),
        now: monotonic,
        staleMs: SCRAPER_STALE,
      }),
      // of its own: a Prometheus with a wrong token slows down no person
      failures: new FailedLogins(monotonic),
    }),
    explain: async (request: IncomingMessage) => {
      const guarded = await guard.check(request);
      return guarded.ok ? undefined : guarded.answer;
    },
  };
  // on loopback, only who is on this machine gets here, or comes through `kubectl port-forward`
  return { access, failures, refusing: (host) => (isLocal(host) ? {} : { refuse }) };
}

async function personOf(client: KubernetesClient, token: string): Promise<Review<Viewer>> {
  return reviewOf(await reviewToken(client, token), (user, { read, ...may }) =>
    read ? { user, may } : undefined,
  );
}

async function scraperOf(client: KubernetesClient, token: string): Promise<Review<Holder>> {
  return reviewOf(await reviewScraper(client, token), (user, { metrics }) =>
    metrics ? { user } : undefined,
  );
}

/** `holderOf`: undefined where the rights are not enough. */
function reviewOf<R, H extends Holder>(
  reviewed: Reviewed<R>,
  holderOf: (user: string, rights: R) => H | undefined,
): Review<H> {
  if (!reviewed.ok && reviewed.problem === "unknown") return { outcome: "unknown" };
  if (!reviewed.ok)
    return { outcome: "unavailable", reason: reviewed.reason, isAway: reviewed.problem === "away" };
  const { user, rights } = reviewed;
  const viewer = holderOf(user, rights);
  return viewer ? { outcome: "allowed", viewer } : { outcome: "forbidden", user };
}

function isLocal(host: string): boolean {
  return host === "localhost" || isLoopback(host);
}
