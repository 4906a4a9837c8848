/** Part of main.ts: the SIP router as the settings have it. */
import type { Logger } from "pino";
import type { Config } from "../config/types.ts";
import { SipRouter } from "../router/sip-router.ts";
import type { Orders } from "../router/types.ts";

const SECOND = 1_000;

export function sipRouter(config: Config, dialogKey: string, orders: Orders, log: Logger): SipRouter {
  const { discovery, limits, nextHops } = config;
  return new SipRouter(
    {
      ...config.router,
      dialogKey,
      orders,
      tls: config.tls,
      limits,
      probeIntervalMs: nextHops.probeIntervalSeconds * SECOND,
      probeTimeoutMs: nextHops.probeTimeoutSeconds * SECOND,
      discoveryTimeoutMs: discovery.timeoutSeconds * SECOND,
      maxQuestions: discovery.maxQuestions,
    },
    log,
  );
}
