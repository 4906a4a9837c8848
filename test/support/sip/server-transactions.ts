/** Answers requests by a handler, each once: the server transactions of RFC 3261 §17.2, as far as tests need them. */
import { buildResponse, randomToken, type Answer, type LocalAddress } from "./build.ts";
import { serialise, transactionOf, type SipRequestMessage } from "./message.ts";
import type { Arrival, SipTransportName } from "./transport.ts";

/** A request that a user agent received. */
export interface ReceivedRequest extends SipRequestMessage {
  readonly transport: SipTransportName;
  readonly source: { readonly host: string; readonly port: number };
}

/** Answers a request: any number of provisional answers, then a final one; `undefined` leaves it unanswered. */
export type Handler = (
  request: ReceivedRequest,
  provisional: (answer: Answer) => void,
) => Answer | undefined | Promise<Answer | undefined>;

interface ServerTransaction {
  readonly request: ReceivedRequest;
  /** The last answer, sent again for each retransmission. */
  last: Buffer | undefined;
  finished: boolean;
  readonly answer: (answer: Answer) => void;
}

export class ServerTransactions {
  /** Every request received, retransmissions left out, ACK and CANCEL included. */
  readonly received: ReceivedRequest[] = [];
  readonly #transactions = new Map<string, ServerTransaction>();
  readonly #local: (transport: SipTransportName) => LocalAddress;

  constructor(local: (transport: SipTransportName) => LocalAddress) {
    this.#local = local;
  }

  /** Takes a request that arrived. A handler that throws fails the test process: an error in a test is not SIP. */
  async receive(message: SipRequestMessage, arrival: Arrival, handler: Handler): Promise<void> {
    const key = transactionOf(message);
    const known = message.method === "ACK" ? undefined : this.#transactions.get(key);
    if (known !== undefined) {
      if (known.last !== undefined) arrival.reply(known.last);
      return;
    }
    const request = { ...message, transport: arrival.transport, source: arrival.source };
    this.received.push(request);
    if (request.method === "ACK") return;
    const transaction = this.#open(key, request, arrival);
    if (request.method === "CANCEL") {
      transaction.answer({ status: 200 });
      this.#transactions.get(key.replace(/CANCEL$/, "INVITE"))?.answer({ status: 487 });
      return;
    }
    const answer = await handler(request, transaction.answer);
    if (answer !== undefined) transaction.answer(answer);
  }

  #open(key: string, request: ReceivedRequest, arrival: Arrival): ServerTransaction {
    const tag = randomToken();
    const transaction: ServerTransaction = {
      request,
      last: undefined,
      finished: false,
      answer: (answer) => {
        if (transaction.finished) return; // cancelled in the meantime
        transaction.finished = answer.status >= 200;
        transaction.last = serialise(buildResponse(request, answer, this.#local(arrival.transport), tag));
        arrival.reply(transaction.last);
      },
    };
    this.#transactions.set(key, transaction);
    return transaction;
  }
}
