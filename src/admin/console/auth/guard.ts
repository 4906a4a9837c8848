import type { IncomingMessage } from "node:http";
import type { Access } from "../../auth/access.ts";
import type { FailedLogins } from "../../auth/failed-logins.ts";
import { addressOf, bearerOf, type Refusal, TokenGate } from "../../auth/token-gate.ts";
import { type Answer, json } from "../../answer.ts";
import type { Failure, Viewer } from "../types.ts";
import type { Sessions } from "./sessions.ts";

export interface GuardPorts {
  /** Asks whether the user of a token may list the FederatedDomains here. */
  readonly access: Access<Viewer>;
  readonly sessions: Sessions;
  readonly failures: FailedLogins;
  /** Of the cookie; each pod has one of its own, for cookies do not tell ports apart. */
  readonly cookie: string;
}

/** Who asks, and by what. */
export interface Caller {
  readonly viewer: Viewer;
  readonly token: string;
  /** Of the session; of those without one, whose they are. */
  readonly key: string;
  readonly hasSession: boolean;
}

export type Guarded =
  { readonly ok: true; readonly caller: Caller } | { readonly ok: false; readonly answer: Answer };

/** Lets in who Kubernetes knows and allows to list the FederatedDomains here: by a session, or by a bearer token. */
export class Guard {
  readonly #ports: GuardPorts;
  readonly #gate: TokenGate<Viewer>;

  constructor(ports: GuardPorts) {
    const { access, failures } = ports;
    const forbidden = (user: string): string => `${user} may not list federateddomains in this namespace`;
    this.#ports = ports;
    this.#gate = new TokenGate({ access, failures, forbidden });
  }

  /** By the session of the cookie, else by the `Authorization` header. */
  async check(request: IncomingMessage): Promise<Guarded> {
    const foreign = foreignPage(request);
    if (foreign) return { ok: false, answer: foreign };
    const bearer = bearerOf(request);
    if (bearer !== undefined) return this.checkToken(bearer, addressOf(request));
    const session = this.session(request);
    if (!session) return { ok: false, answer: failure(401, "log in first") };
    const review = await this.#ports.access.check(session.token);
    if (review.outcome === "allowed")
      return { ok: true, caller: { ...session, viewer: review.viewer, hasSession: true } };
    // what cannot be told now may be told later
    if (review.outcome !== "unavailable") this.#ports.sessions.end(session.key);
    const refusal = this.#gate.refusal(review, "the session has ended: log in again");
    return { ok: false, answer: answerOf(refusal) };
  }

  /** As at a login. */
  async checkToken(token: string, address: string): Promise<Guarded> {
    const gated = await this.#gate.check(token, address);
    if (!gated.ok) return { ok: false, answer: answerOf(gated.refusal) };
    const { viewer } = gated;
    return { ok: true, caller: { viewer, token, key: `user ${viewer.user}`, hasSession: false } };
  }

  /** The session that the cookie of a request names. */
  session(request: IncomingMessage) {
    const id = cookieOf(request, this.#ports.cookie);
    return id === undefined ? undefined : this.#ports.sessions.find(id);
  }
}

/**
 * A page of another origin, this host's other ports too, may neither read nor write here with the viewer's cookie
 * (https://www.w3.org/TR/fetch-metadata/). Programs that are no browser do not send these headers.
 */
export function foreignPage({ headers, method }: IncomingMessage): Answer | undefined {
  const site = headers["sec-fetch-site"];
  const isOurs = site === undefined || site === "same-origin" || site === "none";
  const isOwnOrigin = headers.origin === undefined || URL.parse(headers.origin)?.host === headers.host;
  const isSafe = method === "GET" || method === "HEAD";
  return isOurs && (isSafe || isOwnOrigin) ? undefined : failure(403, "this is for the console's own pages");
}

function cookieOf({ headers }: IncomingMessage, name: string): string | undefined {
  for (const pair of headers.cookie?.split(";") ?? []) {
    const [key = "", value] = pair.trim().split("=", 2);
    if (key === name) return value;
  }
  return undefined;
}

function answerOf({ status, error, retryAfter }: Refusal): Answer {
  const answer = failure(status, error);
  return retryAfter === undefined ? answer : { ...answer, headers: { "Retry-After": String(retryAfter) } };
}

/** An answer other than 2xx, as pages and programs read it. */
export function failure(status: number, error: string, parameter?: string): Answer {
  const body: Failure = { error, ...(parameter !== undefined && { parameter }) };
  return json(status, body);
}
