/** The console on a listener of its own, with objects and viewers that a test makes up. */
import { AdminServer } from "../../src/admin/server.ts";
import { Access, type Review } from "../../src/admin/auth/access.ts";
import { FailedLogins } from "../../src/admin/auth/failed-logins.ts";
import type { ConsoleData } from "../../src/admin/console/api.ts";
import { Console, type ConsoleOptions } from "../../src/admin/console/console.ts";
import { DomainIndex } from "../../src/admin/console/domains/index.ts";
import type {
  DomainActivity,
  DomainRow,
  Edit,
  History,
  Overview,
  RoutesView,
  Viewer,
} from "../../src/admin/console/types.ts";
import { explain } from "../../src/federation/explain.ts";
import { Model } from "../../src/federation/model.ts";
import type { RouteObject } from "../../src/federation/types.ts";
import { overviewOf } from "../../src/main/console/overview.ts";
import { routesView } from "../../src/main/console/routes.ts";
import { config } from "./federation-objects.ts";
import { recordingLogger } from "./recording-logger.ts";

/** Tokens of people that everybody knows here. */
export const TOKENS = {
  reader: "token-of-a-reader",
  editor: "token-of-an-editor",
  stranger: "token-of-a-stranger",
};

const NOTHING = { changeDomains: false, addDomains: false, removeDomains: false, changeRoutes: false };
const EVERYTHING = { changeDomains: true, addDomains: true, removeDomains: true, changeRoutes: true };

export interface ConsoleBedOptions {
  readonly review?: (token: string) => Promise<Review<Viewer>>;
  readonly edit?: ConsoleOptions["edit"];
  readonly history?: History;
  readonly routes?: readonly RouteObject[];
  readonly now?: () => number;
  /** When a domain last had requests. */
  readonly activity?: (domain: string) => DomainActivity | undefined;
  /** Milliseconds that an answer to a probe took, by address; without one the next hop is silent. */
  readonly answers?: Readonly<Record<string, number>>;
}

export type ConsoleBed = Awaited<ReturnType<typeof startConsole>>;

export async function startConsole(options: ConsoleBedOptions = {}) {
  const { now = () => performance.now(), edit } = options;
  const domains = new DomainIndex();
  const model = new Model(config());
  const data = dataOf(domains, model, options);
  const log = recordingLogger();
  const edits: Edit[] = [];
  const web = new Console({
    identity: { namespace: "voice", pod: "edge-0", version: "1.2.3", localDomains: ["example.com"] },
    access: new Access({ review: options.review ?? known, now }),
    failures: new FailedLogins(now),
    data,
    edit,
    log,
    now,
  });
  const server = new AdminServer(
    { host: "127.0.0.1", port: 0 },
    {
      health: () => ({ ok: true }),
      readiness: () => Promise.resolve({ ok: true }),
      metrics: () => Promise.resolve({ contentType: "text/plain", body: "up 1\n" }),
      console: web,
    },
    log,
  );
  const { host, port } = await server.start();
  return {
    url: `http://${host}:${port}`,
    console: web,
    domains,
    model,
    log,
    edits,
    stop: () => server.stop(),
  };
}

/** Who the API server knows. */
export function known(token: string): Promise<Review<Viewer>> {
  if (token === TOKENS.reader) return allowed("system:serviceaccount:voice:reader", NOTHING);
  if (token === TOKENS.editor) return allowed("ada@example.com", EVERYTHING);
  if (token === TOKENS.stranger) return Promise.resolve({ outcome: "forbidden", user: "stranger" });
  return Promise.resolve({ outcome: "unknown" });
}

function allowed(user: string, may: typeof NOTHING): Promise<Review<Viewer>> {
  return Promise.resolve({ outcome: "allowed", viewer: { user, may } });
}

/** A discovered domain that is ready, by the default route. */
export function domainRow(name: string, fields: Partial<DomainRow> = {}): DomainRow {
  return {
    name,
    uid: `uid-of-${name}`.replaceAll(".", "-"),
    origin: "discovered",
    created: Date.parse("2026-01-01T00:00:00Z"),
    policy: "Allow",
    protocol: "SIP",
    trust: "Limited",
    state: "Ready",
    servedBy: DEFAULT_ROUTE,
    ...fields,
  };
}

const DEFAULT_ROUTE = { kind: "Default", pattern: ".*" } as const;

function dataOf(domains: DomainIndex, model: Model, options: ConsoleBedOptions): ConsoleData {
  const { routes = [], answers = {}, history } = options;
  for (const one of routes) model.setRoute(one);
  const objects = new Map(routes.map((one) => [one.name, one]));
  const whereabouts = (hop: { host: string; port: number }) => ({
    // a name is one that does not exist
    addresses: /[a-z]/.test(hop.host)
      ? []
      : [{ address: hop.host, port: hop.port, alive: hop.host in answers }],
    problem: undefined,
  });
  return {
    domains,
    synced: () => true,
    details: (name) => {
      const row = domains.get(name);
      return Promise.resolve(
        row && { row, sources: [], conditions: [], activity: options.activity?.(name) ?? {} },
      );
    },
    routes: (): RoutesView =>
      routesView({
        model,
        routes: { entries: () => [...objects.values()].map(cachedRoute) },
        whereabouts,
        latency: (_hop, address) => answers[address],
        servedBy: (pattern) => domains.servedBy(pattern),
      }),
    overview: (): Overview =>
      overviewOf(
        {
          model,
          domains,
          router: () => ROUTER,
          unreachable: () => ({}),
          isCurrent: () => true,
          xmppUp: () => undefined,
        },
        Date.now(),
      ),
    pulse: () => ({
      isOpen: model.table.open,
      all: domains.size,
      routerUp: true,
      ...newest(options.history),
    }),
    history: (range) => history ?? { range, seconds: 10, samples: [] },
    explain: (request) =>
      Promise.resolve(
        explain(
          {
            table: model.table,
            routes: model.routes,
            routeVerdict: (name) => model.routeVerdict(name),
            whereabouts,
            memory: () => undefined,
            limit: () => undefined,
          },
          request,
        ),
      ),
  };
}

function newest(history: History | undefined) {
  const sample = history?.samples.at(-1);
  return sample ? { sample } : {};
}

const ROUTER = {
  state: () => ({
    ...{ reachable: true, connected: true, instance: "i", inForce: true, entries: 1, pending: 0 },
    ...{ programmings: 1, rejected: 0, programmingMs: 1, error: undefined, questions: 0 },
  }),
  tls: () => undefined,
};

function cachedRoute(object: RouteObject) {
  return {
    ...{ name: object.name, uid: object.uid, resourceVersion: "1", specVersion: "1" },
    ...{ object, statusDigest: 0, programmed: true },
  };
}
