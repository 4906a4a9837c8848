import type { IncomingMessage } from "node:http";
import { type Answer, json } from "../../answer.ts";
import type { Failure } from "../types.ts";
import type { Access, Review, Viewer } from "./access.ts";
import type { FailedLogins } from "./failed-logins.ts";
import type { Sessions } from "./sessions.ts";

export interface GuardPorts {
  readonly access: Access;
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

/** A token is longer where it names many groups. */
const MAX_TOKEN = 16_384;
const TOKEN = /^[A-Za-z0-9._~+/=-]+$/; // RFC 6750 §2.1

/** Lets in who Kubernetes knows and allows to list the FederatedDomains here: by a session, or by a bearer token. */
export class Guard {
  readonly #ports: GuardPorts;

  constructor(ports: GuardPorts) {
    this.#ports = ports;
  }

  /** By the session of the cookie, else by the `Authorization` header. */
  async check(request: IncomingMessage): Promise<Guarded> {
    const foreign = foreignPage(request);
    if (foreign) return { ok: false, answer: foreign };
    const bearer = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? "")?.[1];
    if (bearer !== undefined) return this.checkToken(bearer, addressOf(request));
    const session = this.session(request);
    if (!session) return refused(401, "log in first");
    const review = await this.#ports.access.check(session.token);
    if (review.outcome === "allowed")
      return { ok: true, caller: { ...session, viewer: review.viewer, hasSession: true } };
    // what cannot be told now may be told later
    if (review.outcome !== "unavailable") this.#ports.sessions.end(session.key);
    return { ok: false, answer: answerTo(review, "the session has ended: log in again") };
  }

  /** As at a login. Wrong tokens count against the address that they come from. */
  async checkToken(token: string, address: string): Promise<Guarded> {
    const { access, failures } = this.#ports;
    if (token.length > MAX_TOKEN || !TOKEN.test(token)) return refused(401, "this is no bearer token");
    if (access.remembered(token)?.outcome !== "allowed") {
      const seconds = failures.wait(address);
      if (seconds !== undefined) return tooMany(seconds);
    }
    const review = await access.check(token);
    if (review.outcome === "allowed") {
      const { viewer } = review;
      return { ok: true, caller: { viewer, token, key: `user ${viewer.user}`, hasSession: false } };
    }
    if (review.outcome !== "unavailable") failures.failed(address);
    return { ok: false, answer: answerTo(review, "the API server does not know this token") };
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

export function addressOf({ socket }: IncomingMessage): string {
  return socket.remoteAddress ?? "";
}

function cookieOf({ headers }: IncomingMessage, name: string): string | undefined {
  for (const pair of headers.cookie?.split(";") ?? []) {
    const [key = "", value] = pair.trim().split("=", 2);
    if (key === name) return value;
  }
  return undefined;
}

function answerTo(review: Exclude<Review, { outcome: "allowed" }>, unknown: string): Answer {
  switch (review.outcome) {
    case "unknown":
      return failure(401, unknown);
    case "forbidden":
      return failure(403, `${review.user} may not list federateddomains in this namespace`);
    case "unavailable":
      return failure(503, review.reason);
  }
}

function tooMany(seconds: number): Guarded {
  const answer = failure(429, `too many wrong tokens: try again in ${seconds} s`);
  return { ok: false, answer: { ...answer, headers: { "Retry-After": String(seconds) } } };
}

function refused(status: number, error: string): Guarded {
  return { ok: false, answer: failure(status, error) };
}

/** An answer other than 2xx, as pages and programs read it. */
export function failure(status: number, error: string, parameter?: string): Answer {
  const body: Failure = { error, ...(parameter !== undefined && { parameter }) };
  return json(status, body);
}
