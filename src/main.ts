/** Joins the rooms: reads the configuration, starts every part, and stops them in order. */
import { createMetrics } from "./admin/metrics.ts";
import { createLogger } from "./config/logger.ts";
import { stopOnSignals } from "./config/signals.ts";
import { configuration, version } from "./config/startup.ts";
import { shouldRemember } from "./federation/discovery.ts";
import { Model } from "./federation/model.ts";
import { KubernetesClient } from "./kubernetes/client.ts";
import { DefaultRoute, hasDefaultRoute } from "./kubernetes/default-route.ts";
import { DomainWriter } from "./kubernetes/domain-writer.ts";
import { EventRecorder } from "./kubernetes/events.ts";
import { loadKubeConfig } from "./kubernetes/kubeconfig.ts";
import { LeaderElection } from "./kubernetes/leader.ts";
import { SipFederationOperator } from "./kubernetes/operator-shell.ts";
import { ReplicaLease } from "./kubernetes/replica-lease.ts";
import { ReplicaView } from "./kubernetes/replica-view.ts";
import { statusKinds } from "./kubernetes/status-shapes.ts";
import { StatusWriter } from "./kubernetes/status-writer.ts";
import { desiredStatuses } from "./reconcile/desired-status.ts";
import { Learning } from "./reconcile/learning.ts";
import { discovery, predefinedRoute, reachabilityNotice } from "./reconcile/notices.ts";
import { routerHandlers } from "./reconcile/router-handlers.ts";
import { type Kind, Statuses } from "./reconcile/statuses.ts";
import { joinAccess } from "./main/access.ts";
import { adminServers } from "./main/admin.ts";
import { joinAsking } from "./main/asking.ts";
import { Activity } from "./main/activity.ts";
import { joinConsole } from "./main/console/join.ts";
import { joinDialogKeys } from "./main/dialog-keys.ts";
import { joinLimits } from "./main/limits.ts";
import { joinNextHops } from "./main/next-hops.ts";
import { observe } from "./main/observe.ts";
import { joinProgramming } from "./main/programming.ts";
import { sipRouter } from "./main/router.ts";
import { joinXmpp } from "./main/xmpp.ts";
import { ControlClient } from "./router/control-client.ts";
import type { SipRouter } from "./router/sip-router.ts";

/** Time to write what was learned after SIGTERM, in milliseconds: well inside of the grace period of a pod. */
const LAST_WRITES_MS = 10_000;
const SECOND = 1_000;
const NONE: ReadonlySet<string> = new Set();

const config = await configuration(process.argv.slice(2));
const { namespace, installation, pod } = config.kubernetes;
const log = createLogger(config.log, pod.name);
log.info({ version: version(), namespace, installation }, "starting");

const metrics = createMetrics(version());
const model = new Model(config.federation);
const control = new ControlClient({ host: config.router.host, port: config.router.controlPort });
const client = new KubernetesClient({
  kubeConfig: loadKubeConfig(config.kubernetes.kubeconfig),
  namespace,
  observe: metrics.apiCall,
});
const events = new EventRecorder({ client, instance: pod.name, log });
const replica = new ReplicaLease({ client, installation, pod, log });
const replicas = new ReplicaView({
  client,
  installation,
  own: replica,
  changed: () => {
    statuses.advanced();
    limits.throttling.look();
    // What this replica cannot reach, others may reach, or not any more.
    statuses.changed(
      { routes: new Set(Object.keys(nextHops.unreachable())), domains: NONE },
      performance.now(),
    );
  },
  log,
  metrics: metrics.watch,
});

let router: SipRouter | undefined;

const writer = new DomainWriter({
  client,
  stillWanted: (domain) => learning.stillWanted(domain),
  protocolOf: (domain) => asked.asking.protocol(domain, learning.over(domain)),
  isCurrent: () => operator.current,
  refused: (domain) => {
    learning.refused(domain);
  },
  log,
  metrics: { ...metrics.workQueue, ...metrics.learning },
});

const learning: Learning = new Learning({
  shouldRemember: (domain, direction) => shouldRemember(model.table, domain, direction),
  admit: (direction) => limits.admissions.admit(direction, model.limitedDomains + learning.pending),
  write: (domain) => {
    writer.write(domain);
  },
  forget: async (domain) => router?.forget(domain),
  settled: () => {
    programming.trigger();
  },
  uncached: (direction) => {
    metrics.learning.discovered(direction, "uncached");
  },
  failed: (domain, error) => {
    log.warn({ domain, err: error }, "the router still remembers a domain that it need not");
  },
});

const activity = new Activity(() => operator.domains);
const statuses = new Statuses({
  subject: (kind, name) => operator.get(kind, name),
  programmedUpTo: (kind) => replicas.programmedUpTo(kind),
  failure: (kind, name) => replicas.failure(kind, name),
  enqueue: (kind, name, urgent) => {
    statusWriter.enqueue(kind, name, urgent);
  },
  observed: (kind, names) => {
    web.observed(kind, names);
  },
});

const limits = joinLimits({ config, model, replica, replicas, statuses, uidOf, events, log });

const xmpp = joinXmpp({
  ...{ config, client, metrics, log },
  changed: (isUp) => {
    asked.news.gateway(isUp);
  },
});
const asked = joinAsking({
  ...{ config, model, learning, statuses, uidOf, events, log },
  ask: xmpp?.ask,
});

const { nextHops, reachability, named, stopNaming } = joinNextHops({
  config,
  table: model.table,
  router: () => router,
  moved: () => {
    programming.trigger();
  },
  changed: (routes) => {
    replica.publish({ unreachable: Object.keys(nextHops.unreachable()) });
    statuses.changed({ routes, domains: NONE }, performance.now());
  },
  othersAgree: (route) => replicas.othersReachNobody(route),
  news: (route, finding) => {
    events.record(reachabilityNotice(route, uidOf("StaticRoute", route), finding));
  },
  log,
});

const programming = joinProgramming({
  ...{ model, learning, nextHops, metrics, replica, statuses, events, uidOf, log },
  operator: () => operator,
  leader: () => leader,
  named,
  router: () => router,
});

const operator = SipFederationOperator.create({
  client,
  handlers: {
    routeChanged: (route) => {
      model.setRoute(route);
      programming.trigger();
      defaultRoute.check();
    },
    routeDeleted: (name) => {
      model.deleteRoute(name);
      programming.trigger();
      defaultRoute.check();
    },
    domainChanged: (domain) => {
      model.setDomain(domain);
      if (learning.seen(domain.name)) {
        log.info({ domain: domain.name }, "discovered");
        events.record(discovery(domain.name, domain.uid));
      }
      programming.trigger();
    },
    domainDeleted: (name) => {
      model.deleteDomain(name);
      xmpp?.forget(name);
      programming.trigger();
    },
    touched: (kind, name) => {
      statuses.touched(kind, name, performance.now());
    },
    synced: () => {
      startRouter();
      defaultRoute.check();
    },
  },
  log,
  metrics: metrics.watch,
});

const desired = desiredStatuses(model, {
  programmed: (...what) => statuses.programmed(...what),
  reachable: (route) => reachability.finding(route, performance.now()),
  throttled: limits.condition,
  xmpp: asked.condition,
});
const statusWriter = new StatusWriter({
  client,
  kinds: statusKinds(operator, desired),
  isReady: () => operator.synced,
  writesPerSecond: config.status.writesPerSecond,
  log,
  metrics: metrics.workQueue,
});

const leader = new LeaderElection({
  client,
  installation,
  identity: pod.name,
  handlers: {
    admitted: () => {
      replica.start();
      replicas.start();
      void operator.start();
      void xmpp?.start();
    },
    elected: () => {
      metrics.leading(installation, true);
      statusWriter.start();
      defaultRoute.check();
      void xmpp?.lead();
    },
    deposed: () => {
      metrics.leading(installation, false);
      void statusWriter.stop();
    },
    rival: () => undefined,
  },
  log,
});

const defaultRoute = new DefaultRoute({
  client,
  isMissing: () => leader.leader && operator.routes.synced && !hasDefaultRoute(operator.routes.entries()),
  created: (uid) => {
    events.record(predefinedRoute(uid));
  },
  log,
});

const dialogKeys = joinDialogKeys({
  ...{ config, client, leader, replica, replicas, log },
  router: () => router,
  first: (keys) => {
    router = sipRouter(config, keys, nextHops.orders, log);
    startRouter();
  },
});

function uidOf(kind: Kind, name: string): string | undefined {
  return operator.get(kind, name)?.uid;
}

let started = false;

/** Both the dialog keys and the whole table are needed first. */
function startRouter(): void {
  if (started || router === undefined || !operator.synced) return;
  started = true;
  nextHops.follow();
  const told = { ...routerHandlers(asked.asking, learning, metrics.learning), ...limits.handlers };
  router.start(model.table, {
    ...activity.listening(told, (domains) => {
      web.observed("FederatedDomain", domains);
    }),
    hopChanged: (uri) => {
      nextHops.probed(uri);
    },
    programmed: () => {
      log.info({ domains: operator.domains.size }, "the router routes by the full table");
      web.begin();
    },
  });
  programming.start();
}

const joints = {
  ...{ ...limits, config, model, control, nextHops, learning, leader, operator, metrics, log },
  router: () => router,
};
observe(metrics, { ...joints, writer, statusWriter, activity });
const access = joinAccess(client);
const web = joinConsole({ ...joints, client, access, activity, xmppUp: () => xmpp?.isUp() });
const servers = adminServers({ ...joints, access, web });

const everySecond = setInterval(() => {
  const now = performance.now();
  statuses.remind(now);
  limits.throttling.expire(now);
  asked.news.expire(now);
  statuses.changed({ routes: reachability.takeDue(now), domains: NONE }, now);
  const ready = router?.state().inForce ?? false;
  if (ready !== replica.report.ready) replica.publish({ ready });
}, SECOND);
const everyMinute = setInterval(() => {
  learning.expire();
}, 60 * SECOND);

/** The router drains before the operator is asked to stop: what it learned meanwhile is written first. */
async function stopInOrder(): Promise<void> {
  clearInterval(everySecond);
  clearInterval(everyMinute);
  web.stop();
  // Nothing new is begun; what is under way ends with the router.
  const programmed = programming.stop();
  await stopNaming();
  await router?.stop();
  await programmed;
  await Promise.all([writer.stop(LAST_WRITES_MS), xmpp?.stop()]);
  await operator.close();
  await statusWriter.stop();
  await Promise.all([defaultRoute.stop(), events.stop(), dialogKeys.stop(), replicas.stop(), replica.stop()]);
  await leader.stop();
  await client.close();
  await control.close();
  await Promise.all(servers.map((server) => server.stop()));
}

stopOnSignals(stopInOrder, log);

await Promise.all(servers.map((server) => server.start()));
dialogKeys.start();
leader.start();
