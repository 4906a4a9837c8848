/** Part of main.ts: the SIP router as the settings have it. */
import type { Logger } from "pino";
import type { Config } from "../config/types.ts";
import { SipRouter } from "../router/sip-router.ts";
import type { Orders } from "../router/types.ts";

/** In milliseconds. */
const SECOND = 1_000;
/** In seconds. */
const DAY = 86_400;

/** @param dialogKeys in hexadecimal digits: the first makes marks, all are accepted. */
export function sipRouter(
  config: Config,
  dialogKeys: readonly string[],
  orders: Orders,
  log: Logger,
): SipRouter {
  const { dialogs, discovery, limits, nextHops } = config;
  const { refusedNetworks, allowedNetworks, lifetimeDays } = dialogs;
  return new SipRouter(
    {
      ...config.router,
      dialogs: { keys: dialogKeys, lifetimeSeconds: lifetimeDays * DAY, refusedNetworks, allowedNetworks },
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
