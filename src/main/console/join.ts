/** Part of main.ts: the web console, and who may look at more than health. */
import type { IncomingMessage } from "node:http";
import type { Logger } from "pino";
import type { Answer } from "../../admin/answer.ts";
import type { ConsoleData } from "../../admin/console/api.ts";
import { Access, type Review } from "../../admin/console/auth/access.ts";
import { FailedLogins } from "../../admin/console/auth/failed-logins.ts";
import { Guard } from "../../admin/console/auth/guard.ts";
import { Sessions } from "../../admin/console/auth/sessions.ts";
import { Console } from "../../admin/console/console.ts";
import { DomainChanges } from "../../admin/console/domains/changes.ts";
import { DomainIndex } from "../../admin/console/domains/index.ts";
import { SAMPLE_SECONDS, totalsOf, TrafficHistory } from "../../admin/console/history.ts";
import type { DomainDetails, PulseEvent } from "../../admin/console/types.ts";
import type { Metrics } from "../../admin/metrics.ts";
import { version } from "../../config/startup.ts";
import type { Config } from "../../config/types.ts";
import { isLoopback } from "../../federation/address.ts";
import { isNotFound } from "../../kubernetes/api-error.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import type { SipFederationOperator } from "../../kubernetes/operator-shell.ts";
import { type ApiObject, FEDERATED_DOMAINS, type Kind } from "../../kubernetes/resources.ts";
import { reviewToken } from "../../kubernetes/reviews.ts";
import type { ObjectStatus } from "../../kubernetes/status-digest.ts";
import { editAs } from "../../kubernetes/viewer-edits.ts";
import type { NextHops } from "../../reconcile/next-hops.ts";
import { hopUri } from "../../router/encode.ts";
import { explainNow, type ExplainJoints } from "../explain.ts";
import type { Activity } from "./activity.ts";
import { objectEdit } from "./edits.ts";
import { overviewOf } from "./overview.ts";
import { routesView } from "./routes.ts";
import { Rows } from "./rows.ts";

export interface ConsoleJoints extends ExplainJoints {
  readonly config: Pick<Config, "admin" | "console" | "kubernetes" | "federation">;
  readonly client: KubernetesClient;
  readonly operator: Pick<SipFederationOperator, "domains" | "routes" | "synced" | "current">;
  readonly nextHops: NextHops;
  readonly throttling: { limits(domain: string): readonly string[] };
  readonly activity: Activity;
  readonly metrics: Pick<Metrics, "sums">;
  readonly xmppUp: () => boolean | undefined;
  readonly log: Logger;
}

const SECOND = 1_000;
const monotonic = (): number => performance.now();

/** What the admin listener is given, and what tells the console of changes. */
export function joinConsole(joints: ConsoleJoints) {
  const { config, client } = joints;
  const access = new Access({ review: (token) => review(client, token), now: monotonic });
  const failures = new FailedLogins(monotonic);
  const parts = config.console && createConsole(joints, config.console, { access, failures });
  return {
    console: parts?.console,
    /** On loopback, only who is on this machine gets here, or comes through `kubectl port-forward`. */
    refuse: isLocal(config.admin.host) ? undefined : refuser(access, failures),
    observed: (kind: Kind, names: Iterable<string>): void => {
      parts?.observed(kind, names);
    },
    stop: (): void => {
      parts?.stop();
    },
  };
}

interface Watch {
  readonly access: Access;
  readonly failures: FailedLogins;
}

function createConsole(joints: ConsoleJoints, { edits }: { readonly edits: boolean }, watch: Watch) {
  const { config, client, metrics, router, log } = joints;
  const { namespace, pod } = config.kubernetes;
  const domains = new DomainIndex();
  const history = new TrafficHistory();
  const source = dataOf(joints, domains, history);
  const web = new Console({
    identity: {
      ...{ namespace, pod: pod.name, version: version() },
      localDomains: config.federation.localDomains,
    },
    ...watch,
    log,
    now: monotonic,
    data: source,
    edit: edits
      ? async ({ token, viewer: { user } }, edit) => {
          const outcome = await editAs(token, client, objectEdit(edit));
          log.info({ user, edit, outcome: outcome.ok ? "done" : outcome.error }, "an edit from the console");
          return outcome;
        }
      : undefined,
  });
  const changes = new DomainChanges({
    index: domains,
    row: rowsOf(joints),
    changed: (event) => {
      web.feed.send("domains", event);
    },
  });
  const pulse = setInterval(() => void beat(), SAMPLE_SECONDS * SECOND).unref();

  async function beat(): Promise<void> {
    const counters = router()?.state().reachable === true ? await router()?.counters() : undefined;
    const asked = await metrics.sums("sip_federation_discoveries_total", "verdict");
    const written = await metrics.sums("sip_federation_domain_writes_total", "result");
    const discovered = written.get("created") ?? 0;
    history.record(counters && totalsOf(counters, { asked, discovered }), Date.now());
    web.feed.send("pulse", source.pulse());
  }

  return {
    console: web,
    observed: (kind: Kind, names: Iterable<string>): void => {
      if (kind === "FederatedDomain") changes.mark(names);
      else if ([...names].length > 0) web.feed.soon("routes");
    },
    stop: (): void => {
      clearInterval(pulse);
      changes.stop();
      web.stop();
    },
  };
}

function rowsOf({ model, operator, throttling, activity }: ConsoleJoints) {
  const rows = new Rows({
    model,
    domains: operator.domains,
    throttled: (domain) => throttling.limits(domain).length > 0,
    activity: (domain) => activity.last(domain),
  });
  return (name: string) => rows.row(name);
}

function dataOf(joints: ConsoleJoints, domains: DomainIndex, history: TrafficHistory): ConsoleData {
  const { model, operator, nextHops, router, xmppUp } = joints;
  const unreachable = (): Readonly<Record<string, string>> => nextHops.unreachable();
  const isCurrent = (): boolean => operator.current;
  return {
    domains,
    synced: () => operator.synced,
    details: (name) => details(joints, domains, name),
    overview: () => overviewOf({ model, domains, router, unreachable, isCurrent, xmppUp }, Date.now()),
    pulse: (): PulseEvent => {
      const sample = history.newest;
      return {
        isOpen: model.table.open,
        all: domains.size,
        routerUp: router()?.state().reachable ?? false,
        ...(sample && { sample }),
      };
    },
    history: (range) => history.read(range),
    explain: (request) => explainNow(joints, request),
    routes: () =>
      routesView({
        model,
        routes: operator.routes,
        whereabouts: (hop) => nextHops.whereabouts(hop),
        latency: (hop, host, port) => router()?.probed(hopUri({ ...hop, host, port })).latencyMs,
        servedBy: (pattern) => domains.servedBy(pattern),
      }),
  };
}

async function details(
  { client, operator, activity }: ConsoleJoints,
  domains: DomainIndex,
  name: string,
): Promise<DomainDetails | undefined> {
  const row = domains.get(name);
  if (!row) return undefined;
  const sources = operator.domains.get(name)?.object.spec.sources ?? [];
  const known = { row, sources, activity: activity.of(name) ?? {} };
  try {
    const { status } = await client.get<ApiObject>(FEDERATED_DOMAINS, name);
    return { ...known, conditions: (status as ObjectStatus | undefined)?.conditions ?? [] };
  } catch (error) {
    return isNotFound(error) ? undefined : known;
  }
}

async function review(client: KubernetesClient, token: string): Promise<Review> {
  const reviewed = await reviewToken(client, token);
  if (!reviewed.ok && reviewed.problem === "unknown") return { outcome: "unknown" };
  if (!reviewed.ok) return { outcome: "unavailable", reason: reviewed.reason };
  const { user, rights } = reviewed;
  const { read, ...may } = rights;
  return read ? { outcome: "allowed", viewer: { user, may } } : { outcome: "forbidden", user };
}

function isLocal(host: string): boolean {
  return host === "localhost" || isLoopback(host);
}

function refuser(access: Access, failures: FailedLogins) {
  const guard = new Guard({ access, failures, sessions: new Sessions(monotonic), cookie: "" });
  return async (request: IncomingMessage): Promise<Answer | undefined> => {
    const guarded = await guard.check(request);
    return guarded.ok ? undefined : guarded.answer;
  };
}
