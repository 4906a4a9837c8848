/** What the XMPP gateway does. No label is a domain: strangers choose those. */
import type { Registry } from "prom-client";
import { counter, histogram, observed, observedByDirection } from "./instruments.ts";

const PREFIX = "sip_federation_xmpp";
/** In seconds. */
const QUESTION_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5];

/** What the gateway has under way. */
export interface XmppSize {
  /** Whether there is a stream for every local domain. */
  readonly isUp: boolean;
  readonly subscriptions: { readonly outbound: number; readonly inbound: number };
  readonly messages: number;
}

export function xmppMetrics(registry: Registry) {
  const answers = counter(registry, `${PREFIX}_questions_total`, "Domains that were asked over XMPP.", [
    "verdict",
  ]);
  const seconds = histogram(
    registry,
    `${PREFIX}_question_seconds`,
    "From asking a domain to its answer.",
    QUESTION_BUCKETS,
  );
  const requests = counter(
    registry,
    `${PREFIX}_requests_total`,
    "SIP requests between router and gateway; outbound: towards XMPP.",
    ["direction", "method", "status"],
  );
  const stanzas = counter(registry, `${PREFIX}_stanzas_total`, "Stanzas that came from XMPP servers.", [
    "kind",
  ]);
  return {
    answered: (verdict: string, after: number): void => {
      answers.inc({ verdict });
      seconds.observe(after);
    },
    /** `status`: of the final answer. */
    request: (direction: "inbound" | "outbound", method: string, status: number): void => {
      requests.inc({ direction, method, status: String(status) });
    },
    stanza: (kind: string): void => {
      stanzas.inc({ kind });
    },
  };
}

/** Where the state of the gateway is read from. Called once, where there is one. */
export function observeXmpp(registry: Registry, read: () => XmppSize): void {
  observed(registry, `${PREFIX}_up`, "1 while every local domain has a stream to the XMPP gateway.", () =>
    read().isUp ? 1 : 0,
  );
  observedByDirection(
    registry,
    `${PREFIX}_subscriptions`,
    "Presence subscriptions between SIP and XMPP users; outbound: users of the inside watch.",
    () => read().subscriptions,
  );
  observed(
    registry,
    `${PREFIX}_messages_pending`,
    "Messages whose outcome is not known yet.",
    () => read().messages,
  );
}
