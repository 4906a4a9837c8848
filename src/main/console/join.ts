/** Part of main.ts: the web console. */
import type { Logger } from "pino";
import type { ConsoleData } from "../../admin/console/api.ts";
import { Console } from "../../admin/console/console.ts";
import { DomainChanges } from "../../admin/console/domains/changes.ts";
import { DomainIndex } from "../../admin/console/domains/index.ts";
import { SAMPLE_SECONDS, totalsOf, TrafficHistory } from "../../admin/console/history.ts";
import type { DomainDetails, PulseEvent } from "../../admin/console/types.ts";
import type { Metrics } from "../../admin/metrics.ts";
import { version } from "../../config/startup.ts";
import type { Config } from "../../config/types.ts";
import { isNotFound } from "../../kubernetes/api-error.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import type { SipFederationOperator } from "../../kubernetes/operator-shell.ts";
import { type ApiObject, FEDERATED_DOMAINS, type Kind } from "../../kubernetes/resources.ts";
import type { ObjectStatus } from "../../kubernetes/status-digest.ts";
import { editAs } from "../../kubernetes/viewer-edits.ts";
import type { NextHops } from "../../reconcile/next-hops.ts";
import { hopUri } from "../../router/encode.ts";
import type { AccessJoint } from "../access.ts";
import { explainNow, type ExplainJoints } from "../explain.ts";
import type { Activity } from "../activity.ts";
import { objectEdit } from "./edits.ts";
import { overviewOf } from "./overview.ts";
import { routesView } from "./routes.ts";
import { Rows } from "./rows.ts";

export interface ConsoleJoints extends ExplainJoints {
  readonly config: Pick<Config, "console" | "kubernetes" | "federation">;
  readonly client: KubernetesClient;
  readonly access: Pick<AccessJoint, "access" | "failures">;
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
  const { config } = joints;
  const parts = config.console && createConsole(joints, config.console);
  return {
    console: parts?.console,
    /** The router is there: what it counts from now on is what happened. */
    begin: (): void => {
      parts?.begin();
    },
    observed: (kind: Kind, names: Iterable<string>): void => {
      parts?.observed(kind, names);
    },
    stop: (): void => {
      parts?.stop();
    },
  };
}

function createConsole(joints: ConsoleJoints, { edits }: { readonly edits: boolean }) {
  const { config, client, metrics, router, log } = joints;
  const { access, failures } = joints.access;
  const { namespace, pod } = config.kubernetes;
  const domains = new DomainIndex();
  const history = new TrafficHistory();
  const source = dataOf(joints, domains, history);
  const web = new Console({
    identity: {
      ...{ namespace, pod: pod.name, version: version() },
      localDomains: config.federation.localDomains,
    },
    ...{ access, failures, log },
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
    begin: (): void => {
      if (!history.hasBegun) void beat();
    },
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
