/** Part of main.ts: the XMPP gateway, with its streams to Prosody and its little SIP towards the router. */
import { readFileSync } from "node:fs";
import type { Element } from "@xmpp/xml";
import type { Logger } from "pino";
import type { Metrics } from "../admin/metrics.ts";
import type { XmppSize } from "../admin/xmpp-metrics.ts";
import type { Config } from "../config/types.ts";
import type { KubernetesClient } from "../kubernetes/client.ts";
import { PresenceSecret } from "../kubernetes/presence-secret.ts";
import { ComponentStreams } from "../xmpp/component/streams.ts";
import { Discovery } from "../xmpp/discovery/discovery.ts";
import { Gateway } from "../xmpp/gateway.ts";
import { MessageGateway } from "../xmpp/messages/message-gateway.ts";
import { PresenceGateway } from "../xmpp/presence/gateway.ts";
import { Turnstile } from "../xmpp/presence/turnstile.ts";
import { Service } from "../xmpp/service/service.ts";
import { SipEndpoint } from "../xmpp/sip/endpoint.ts";
import { header } from "../xmpp/sip/headers.ts";
import type { SipAnswer, SipRequest, SipSide } from "../xmpp/sip/types.ts";
import type { XmppVerdict } from "../xmpp/types.ts";

export interface XmppJoints {
  readonly config: Config;
  readonly client: KubernetesClient;
  /** There is a stream for every local domain, or not any more. */
  readonly changed: (isUp: boolean) => void;
  readonly metrics: Metrics;
  readonly log: Logger;
}

/** The gateway as the rest of the operator sees it. */
export interface Xmpp {
  readonly ask: (domain: string) => Promise<XmppVerdict>;
  /** The next question about the domain is asked anew. */
  readonly forget: (domain: string) => void;
  /** Whether there is a stream for every local domain. */
  readonly isUp: () => boolean;
  /** @throws Error when the port of its SIP is taken */
  start(): Promise<void>;
  /**
   * Presence begins: this replica leads, and the one that led before has written down who follows whom. Once is enough.
   * Waits for the API server.
   */
  lead(): Promise<void>;
  /** Ends what is under way, and writes down who follows whom. */
  stop(): Promise<void>;
}

const SECOND = 1_000;
/** The router waits as long as discovery may take, and what was found has to reach it before; in milliseconds. */
const ON_THE_WAY_MS = 100;
/** For requests under way when all stops; in milliseconds. */
const GRACE_MS = 5_000;

/** How long a domain may be asked over XMPP, in milliseconds; with the least values of both settings 100. */
export function questionMs(
  xmpp: Pick<NonNullable<Config["xmpp"]>, "timeoutSeconds">,
  discovery: Pick<Config["discovery"], "timeoutSeconds">,
): number {
  return Math.min(xmpp.timeoutSeconds * SECOND, discovery.timeoutSeconds * SECOND - ON_THE_WAY_MS);
}

/** Undefined where the settings have no XMPP gateway. */
export function joinXmpp({ config, client, changed, metrics, log }: XmppJoints): Xmpp | undefined {
  const { xmpp: settings, router } = config;
  if (settings === undefined) return undefined;
  const { localDomains } = config.federation;
  const streams: ComponentStreams = new ComponentStreams({
    host: settings.componentHost,
    port: settings.componentPort,
    secret: () => readFileSync(settings.componentSecretFile, "utf8").trim(),
    localDomains,
    received: (stanza) => void taken(stanza),
    changed: () => {
      changed(streams.up);
    },
    logger: log,
  });
  const discovery = new Discovery({
    xmpp: streams,
    from: () => streams.firstUp,
    localDomains,
    askReserved: settings.askReserved,
    timeoutMs: questionMs(settings, config.discovery),
    maxQuestions: settings.maxQuestions,
    answered: ({ domain, verdict, reason, seconds }) => {
      metrics.xmpp.answered(verdict, seconds);
      log.debug({ domain, verdict, reason, seconds }, "asked over XMPP");
    },
  });

  let endpoint: SipEndpoint | undefined;
  let leading: Promise<void> | undefined;
  const sip: SipSide = {
    request: async (request) => {
      const started = performance.now();
      const answer = (await endpoint?.request(request)) ?? NO_ENDPOINT;
      metrics.xmpp.request("inbound", request.method, answer.status);
      log.debug(told(request, answer, started), "from the XMPP gateway to the router");
      return answer;
    },
  };
  const timeoutMs = settings.messageTimeoutSeconds * SECOND;
  const messages = new MessageGateway({ sip, xmpp: streams, timeoutMs, log });
  const store = new PresenceSecret({ client, installation: config.kubernetes.installation, log });
  const presence = new PresenceGateway({
    ...{ sip, store, log },
    xmpp: streams,
    contact: `sip:xmpp@${router.host}:${settings.sipPort};transport=tcp`,
    maxSubscriptions: settings.maxSubscriptions,
  });
  const turnstile = new Turnstile(presence);
  const gateway = new Gateway({ messages, presence: turnstile, service: new Service(streams) });

  async function taken(stanza: Element): Promise<void> {
    metrics.xmpp.stanza(stanza.getName());
    try {
      await gateway.fromXmpp(stanza);
    } catch (error) {
      log.error({ err: error, kind: stanza.getName() }, "a stanza was not dealt with");
    }
  }

  async function received(request: SipRequest): Promise<SipAnswer> {
    const started = performance.now();
    const answer = await gateway.fromSip(request);
    metrics.xmpp.request("outbound", request.method, answer.status);
    log.debug(told(request, answer, started), "from the router to the XMPP gateway");
    return answer;
  }

  metrics.observeXmpp((): XmppSize => ({
    isUp: streams.up,
    subscriptions: presence.sizes,
    messages: messages.underWay,
  }));
  return {
    ask: (domain) => discovery.ask(domain),
    forget: (domain) => {
      discovery.forget(domain);
    },
    isUp: () => streams.up,
    start: async () => {
      const options = {
        listen: { host: router.host, port: settings.sipPort },
        router: { host: router.host, port: settings.routerSipPort },
        failed: (failure: string, cause?: unknown) => {
          log.warn({ err: cause }, failure);
        },
      };
      endpoint = await SipEndpoint.open(options, received);
      streams.start();
    },
    lead: async () => {
      leading ??= presence.start().then(() => turnstile.open());
      await leading;
    },
    stop: async () => {
      await endpoint?.stop(GRACE_MS);
      store.stop();
      await presence.stop();
      await streams.stop();
    },
  };
}

/** What the log has of a SIP request: by its Call-ID it is followed through router and operator. */
function told(
  { method, uri, headers }: SipRequest,
  { status }: { readonly status: number },
  started: number,
) {
  const callId = header(headers, "Call-ID");
  return { callId, method, uri, status, milliseconds: Math.round(performance.now() - started) };
}

const NO_ENDPOINT = { status: 503, reason: "Service Unavailable", headers: [], body: Buffer.alloc(0) };
