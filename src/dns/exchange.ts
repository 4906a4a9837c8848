import { queryFor, RCODE, type Query, type Reply } from "./message.ts";
import type { Question } from "./question.ts";
import type { ServerAddress } from "./server-address.ts";
import { overTcp } from "./tcp.ts";
import { overUdp } from "./udp.ts";

/** One try at one server; `what` the server did instead of replying: "did not answer". */
export type Exchange =
  { readonly ok: true; readonly reply: Reply } | { readonly ok: false; readonly what: string };

export interface ExchangeLimits {
  /** Milliseconds for each query and its reply. */
  readonly tryMs: number;
  /** Ends the exchange at once. */
  readonly signal: AbortSignal;
}

/** A rcode with which servers may refuse EDNS0 (RFC 6891 §7). */
const NO_EDNS: readonly number[] = [RCODE.formErr, RCODE.notImp, RCODE.badVers];

export const SILENCE: Exchange = { ok: false, what: "did not answer" };

/** Asks one server once: over UDP, and over TCP what does not fit into a datagram (RFC 7766 §5). Never rejects. */
export async function exchange(
  server: ServerAddress,
  question: Question,
  limits: ExchangeLimits,
): Promise<Exchange> {
  let query: Query = queryFor(question, true);
  let result = await overUdp(server, query, limits);
  if (result.ok && NO_EDNS.includes(result.reply.rcode)) {
    query = queryFor(question, false);
    result = await overUdp(server, query, limits);
  }
  return result.ok && result.reply.truncated ? overTcp(server, query, limits) : result;
}
