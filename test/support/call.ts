/** A call in a router bed, with both of its ends. */
import assert from "node:assert/strict";
import { Dialog } from "./sip/dialog.ts";
import { header, type SipRequestMessage } from "./sip/message.ts";
import type { ReceivedRequest, UserAgent } from "./sip/user-agent.ts";
import type { SipTarget } from "./sip/transport.ts";
import { waitFor } from "./wait-for.ts";

export interface CallOptions {
  readonly caller: UserAgent;
  readonly callee: UserAgent;
  readonly target: SipTarget;
  /** Request-URI. */
  readonly uri: string;
  readonly from: string;
  /** Over TLS an ACK may have to come again, as it does for each 2xx that does; once unless told. */
  readonly acks?: "once" | "until one arrives";
}

export interface Call {
  readonly caller: Dialog;
  readonly callee: Dialog;
  /** As the caller sent it. */
  readonly sent: SipRequestMessage;
  /** As the callee received it. */
  readonly invite: ReceivedRequest;
}

/** Opens a dialog by INVITE, 200 and ACK. */
export async function call(options: CallOptions): Promise<Call> {
  const { caller, callee, target, uri, from, acks = "once" } = options;
  const sent = caller.send({ method: "INVITE", uri, target, from });
  const answer = await sent.final;
  assert.equal(answer.status, 200);
  const callId = header(sent.request, "Call-ID");
  const arrived = (method: string) => (it: ReceivedRequest) =>
    it.method === method && header(it, "Call-ID") === callId;
  const invite = await callee.waitForRequest("the INVITE", arrived("INVITE"));
  const dialog = Dialog.ofCaller(caller, sent.request, answer);
  if (acks === "once") await dialog.ack();
  await waitFor("the ACK", async () => {
    if (acks !== "once") await dialog.ack();
    return callee.received.some(arrived("ACK"));
  });
  return {
    caller: dialog,
    callee: Dialog.ofCallee(callee, invite, header(answer, "To")),
    sent: sent.request,
    invite,
  };
}
