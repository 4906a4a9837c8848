import type { IncomingMessage } from "node:http";
import { type Answer, text } from "../answer.ts";
import type { Access, Holder } from "./access.ts";
import type { FailedLogins } from "./failed-logins.ts";
import { addressOf, bearerOf, type Refusal, TokenGate } from "./token-gate.ts";

export interface MetricsGatePorts {
  /** Asks whether the user of a token may `get` the non-resource URL `/metrics`. */
  readonly access: Access<Holder>;
  readonly failures: FailedLogins;
}

/** RFC 6750 §3. */
const CHALLENGE = { "WWW-Authenticate": 'Bearer realm="sip-federation"' };
const NO_TOKEN: Refusal = {
  status: 401,
  error: "send a bearer token whose user may get the non-resource URL /metrics (Authorization: Bearer TOKEN)",
};

/**
 * What is answered instead of the metrics; undefined to who may `get` the non-resource URL `/metrics`, the right by which
 * the servers of Kubernetes themselves show theirs.
 */
export function metricsGate({ access, failures }: MetricsGatePorts) {
  const forbidden = (user: string): string => `${user} may not get the non-resource URL /metrics`;
  const gate = new TokenGate({ access, failures, forbidden });
  return async (request: IncomingMessage): Promise<Answer | undefined> => {
    const token = bearerOf(request);
    if (token === undefined) return answerOf(NO_TOKEN);
    const gated = await gate.check(token, addressOf(request));
    return gated.ok ? undefined : answerOf(gated.refusal);
  };
}

function answerOf({ status, error, retryAfter }: Refusal): Answer {
  return text(status, error, {
    ...(status === 401 && CHALLENGE),
    ...(retryAfter !== undefined && { "Retry-After": String(retryAfter) }),
  });
}
