/** Part of main.ts: what the admin listeners serve. */
import type { Logger } from "pino";
import { readiness } from "../admin/readiness.ts";
import { AdminServer } from "../admin/server.ts";
import type { Config } from "../config/types.ts";
import { explain } from "../federation/explain.ts";
import type { RoutingTable, SipRequest } from "../federation/types.ts";
import type { ControlClient } from "../router/control-client.ts";

export interface AdminJoints {
  readonly config: Pick<Config, "admin" | "monitoring" | "router">;
  readonly table: RoutingTable;
  readonly control: ControlClient;
  /** Another installation that has the namespace. */
  readonly rival: () => string | undefined;
  /** The caches are complete. */
  readonly synced: () => boolean;
  readonly metrics: { text(): Promise<{ contentType: string; body: string }> };
  readonly log: Logger;
}

/** Everything on the admin listener; health and metrics alone on the one for monitoring, where there is one. */
export function adminServers({
  config,
  table,
  control,
  rival,
  synced,
  metrics,
  log,
}: AdminJoints): AdminServer[] {
  const { host, controlPort: port } = config.router;
  const handlers = {
    health: () => ({ ok: true }) as const,
    readiness: () => readiness({ askRouter: () => control.status(), router: { host, port }, rival, synced }),
    metrics: () => metrics.text(),
  };
  const explained = (request: SipRequest) => (synced() ? explain(table, request) : undefined);
  return [
    new AdminServer(config.admin, { ...handlers, explain: explained }, log),
    ...(config.monitoring ? [new AdminServer(config.monitoring, handlers, log)] : []),
  ];
}
