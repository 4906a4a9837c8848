/** Part of main.ts: what the admin listeners serve. */
import type { Logger } from "pino";
import { readiness } from "../admin/readiness.ts";
import { type AdminHandlers, AdminServer } from "../admin/server.ts";
import type { Config } from "../config/types.ts";
import type { SipRequest } from "../federation/types.ts";
import type { AccessJoint } from "./access.ts";
import { explainNow, type ExplainJoints } from "./explain.ts";
import type { ControlClient } from "../router/control-client.ts";

export interface AdminJoints extends ExplainJoints {
  readonly config: Pick<Config, "admin" | "monitoring" | "router">;
  readonly control: ControlClient;
  /** `rival`: another installation that has the namespace. */
  readonly leader: { readonly rival: string | undefined };
  /** `synced`: the caches are complete. */
  readonly operator: { readonly synced: boolean };
  readonly metrics: { text(): Promise<{ contentType: string; body: string }> };
  readonly access: Pick<AccessJoint, "refusing">;
  readonly web: { readonly console: AdminHandlers["console"] };
  readonly log: Logger;
}

/** Everything on the admin listener; health and metrics alone on the one for monitoring, where there is one. */
export function adminServers(joints: AdminJoints): AdminServer[] {
  const { config, control, leader, operator, metrics, access, web, log } = joints;
  const { host, controlPort: port } = config.router;
  const handlers = {
    health: () => ({ ok: true }) as const,
    readiness: () =>
      readiness({
        askRouter: () => control.status(),
        router: { host, port },
        rival: () => leader.rival,
        synced: () => operator.synced,
      }),
    metrics: () => metrics.text(),
  };
  const explained = async (request: SipRequest) =>
    operator.synced ? explainNow(joints, request) : undefined;
  return [
    new AdminServer(
      config.admin,
      {
        ...handlers,
        explain: explained,
        ...(web.console && { console: web.console }),
        ...access.refusing(config.admin.host),
      },
      log,
    ),
    ...(config.monitoring
      ? [new AdminServer(config.monitoring, { ...handlers, ...access.refusing(config.monitoring.host) }, log)]
      : []),
  ];
}
