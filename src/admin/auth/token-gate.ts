import type { IncomingMessage } from "node:http";
import type { Access, Holder, Review } from "./access.ts";
import type { FailedLogins } from "./failed-logins.ts";

export interface GatePorts<H extends Holder> {
  readonly access: Access<H>;
  readonly failures: FailedLogins;
  /** What is said to a user who is known, and may not do what is asked for. */
  forbidden(user: string): string;
}

/** Why somebody is not let in. */
export interface Refusal {
  /** Of HTTP: 401, 403, 429 or 503. */
  readonly status: number;
  readonly error: string;
  /** When another try is free, in seconds. */
  readonly retryAfter?: number;
}

export type Gated<H extends Holder> =
  { readonly ok: true; readonly viewer: H } | { readonly ok: false; readonly refusal: Refusal };

/** A token is longer where it names many groups. */
const MAX_TOKEN = 16_384;
const TOKEN = /^[A-Za-z0-9._~+/=-]+$/; // RFC 6750 §2.1

/** Lets in who has a bearer token with the right that is asked for, and slows down who tries tokens. */
export class TokenGate<H extends Holder> {
  readonly #ports: GatePorts<H>;

  constructor(ports: GatePorts<H>) {
    this.#ports = ports;
  }

  /** Tokens that are not let in count against the address that they come from, whyever: each has cost a question. */
  async check(token: string, address: string): Promise<Gated<H>> {
    const { access, failures } = this.#ports;
    if (token.length > MAX_TOKEN || !TOKEN.test(token)) return refused(401, "this is no bearer token");
    // Who was let in before does not wait because of others
    const seconds = access.wasAllowed(token) ? undefined : failures.wait(address);
    if (seconds !== undefined) {
      const error = `too many tokens that were not let in: try again in ${seconds} s`;
      return { ok: false, refusal: { status: 429, error, retryAfter: seconds } };
    }
    const review = await access.check(token);
    if (review.outcome === "allowed") return { ok: true, viewer: review.viewer };
    failures.failed(address);
    return { ok: false, refusal: this.refusal(review, "the API server does not know this token") };
  }

  /** What a review came to, in words. `unknown`: of a token that the API server does not know. */
  refusal(review: Exclude<Review<H>, { outcome: "allowed" }>, unknown: string): Refusal {
    switch (review.outcome) {
      case "unknown":
        return { status: 401, error: unknown };
      case "forbidden":
        return { status: 403, error: this.#ports.forbidden(review.user) };
      case "unavailable":
        return { status: 503, error: review.reason };
    }
  }
}

/** The bearer token of the `Authorization` header. */
export function bearerOf({ headers }: IncomingMessage): string | undefined {
  return /^Bearer +(\S+)$/i.exec(headers.authorization ?? "")?.[1];
}

/** Where a request comes from. */
export function addressOf({ socket }: IncomingMessage): string {
  return socket.remoteAddress ?? "";
}

function refused(status: number, error: string): { readonly ok: false; readonly refusal: Refusal } {
  return { ok: false, refusal: { status, error } };
}
