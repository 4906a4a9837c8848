/** SIP messages as the XMPP gateway exchanges them with the SIP router of its pod. */

/** Names as written, values without folding; in the order of the message. */
export type Headers = readonly (readonly [name: string, value: string])[];

export interface SipRequest {
  /** As written: methods are case-sensitive (RFC 3261 §7.1). */
  readonly method: string;
  readonly uri: string;
  readonly headers: Headers;
  readonly body: Buffer;
}

export interface SipResponse {
  /** 100–699. */
  readonly status: number;
  readonly reason: string;
  readonly headers: Headers;
  readonly body: Buffer;
}

/** The final answer to a request. Via, From, To, Call-ID, CSeq, Record-Route and Content-Length come by themselves. */
export interface SipAnswer {
  /** 200–699. */
  readonly status: number;
  readonly reason?: string;
  /** Tag of the To header of an answer that makes a dialog; any other one gets a tag of its own. */
  readonly toTag?: string;
  readonly headers?: Headers;
  readonly body?: Buffer;
}

/** What the gateway needs of SIP. */
export interface SipSide {
  /**
   * Sends a request and resolves with its final answer. It never rejects: a connection that fails is a 503, silence a
   * 408 (RFC 3261 §8.1.3.1). Via, Max-Forwards and Content-Length come by themselves; the rest is for the caller.
   */
  request(request: SipRequest): Promise<SipResponse>;
}
