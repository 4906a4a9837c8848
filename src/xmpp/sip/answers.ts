import { randomBytes } from "node:crypto";
import { header, headerList, headersNamed, parameter } from "./headers.ts";
import type { Headers, SipAnswer, SipRequest, SipResponse } from "./types.ts";

/** What every answer copies (RFC 3261 §8.2.6.2), and what a request therefore must have (§8.1.1). */
const COPIED = ["Via", "From", "To", "Call-ID", "CSeq"] as const;

/** Reason phrases of the statuses that this gateway gives (RFC 3261 §21, RFC 6665 §8.3). */
const REASONS: Readonly<Record<number, string>> = {
  200: "OK",
  202: "Accepted",
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  406: "Not Acceptable",
  407: "Proxy Authentication Required",
  408: "Request Timeout",
  410: "Gone",
  413: "Request Entity Too Large",
  415: "Unsupported Media Type",
  420: "Bad Extension",
  423: "Interval Too Brief",
  480: "Temporarily Unavailable",
  481: "Call/Transaction Does Not Exist",
  483: "Too Many Hops",
  485: "Ambiguous",
  489: "Bad Event",
  500: "Server Internal Error",
  501: "Not Implemented",
  503: "Service Unavailable",
  504: "Server Time-out",
  513: "Message Too Large",
  603: "Decline",
};

/**
 * What makes two requests the same transaction: the topmost branch, who sent it, and the method (RFC 3261 §17.2.3).
 * Undefined when the request cannot be answered at all, since it has no Via.
 */
export function transactionOf(request: SipRequest): string | undefined {
  const [via] = headerList(request.headers, "Via");
  if (via === undefined) return undefined;
  const sentBy = /^\S+\s+([^\s;]+)/.exec(via)?.[1] ?? "";
  return `${sentBy.toLowerCase()} ${parameter(via, "branch") ?? ""} ${request.method}`;
}

/** False when something is missing that every request has (RFC 3261 §8.1.1), or CSeq names another method. */
export function isComplete(request: SipRequest): boolean {
  const [, method] = /^\d+\s+(\S+)$/.exec(header(request.headers, "CSeq") ?? "") ?? [];
  return method === request.method && COPIED.every((name) => header(request.headers, name) !== undefined);
}

/** An answer with what it copies of its request (RFC 3261 §8.2.6.2; §12.1.1 for the route of a dialog). */
export function responseTo(request: SipRequest, answer: SipAnswer): SipResponse {
  const opensDialog = request.method === "SUBSCRIBE" && answer.status < 300;
  return {
    status: answer.status,
    reason: answer.reason ?? REASONS[answer.status] ?? "",
    headers: [
      ...COPIED.flatMap((name) =>
        name === "To" ? tagged(request, answer) : headersNamed(request.headers, name),
      ),
      ...(opensDialog ? headersNamed(request.headers, "Record-Route") : []),
      ...(answer.headers ?? []),
    ],
    body: answer.body ?? Buffer.alloc(0),
  };
}

/** To with a tag: the request's own, inside a dialog. */
function tagged(request: SipRequest, answer: SipAnswer): Headers {
  return headersNamed(request.headers, "To").map(([name, value]) => {
    if (parameter(value, "tag") !== undefined) return [name, value];
    return [name, `${value};tag=${answer.toTag ?? randomBytes(8).toString("hex")}`];
  });
}
