/** Subscriptions between the inside of a router bed and its XMPP gateway, with both of their ends. */
import assert from "node:assert/strict";
import { gatewayTarget } from "./gateway-double.ts";
import { LOCAL, type RouterBed } from "./router-bed.ts";
import { Dialog } from "./sip/dialog.ts";
import { header } from "./sip/message.ts";
import type { ReceivedRequest, SentRequest, UserAgent } from "./sip/user-agent.ts";

export const JULIET = "sip:juliet@xmpp.test";
const ALICE = `sip:alice@${LOCAL}`;

export interface Subscription {
  /** Of who subscribed. */
  readonly subscriber: Dialog;
  /** Of who is watched. */
  readonly notifier: Dialog;
  /** As it arrived. */
  readonly subscribe: ReceivedRequest;
}

/** Somebody of the inside watches somebody of XMPP. */
export function outward(bed: RouterBed, gateway: UserAgent): Promise<Subscription> {
  const parts = { method: "SUBSCRIBE", uri: JULIET, target: bed.target(), from: ALICE };
  return subscription(bed.inside, bed.inside.send({ ...parts, headers: [["Event", "presence"]] }), gateway);
}

/** Somebody of XMPP watches somebody of the inside. */
export function inward(
  bed: RouterBed,
  gateway: UserAgent,
  watched: UserAgent = bed.platform,
): Promise<Subscription> {
  const parts = { method: "SUBSCRIBE", uri: ALICE, target: gatewayTarget(bed), from: JULIET };
  return subscription(gateway, gateway.send(parts), watched);
}

async function subscription(by: UserAgent, sent: SentRequest, watched: UserAgent): Promise<Subscription> {
  const answer = await sent.final;
  assert.equal(answer.status, 200);
  const callId = header(sent.request, "Call-ID");
  const subscribe = await watched.waitForRequest("the SUBSCRIBE", (it) => header(it, "Call-ID") === callId);
  return {
    subscriber: Dialog.ofCaller(by, sent.request, answer),
    notifier: Dialog.ofCallee(watched, subscribe, header(answer, "To")),
    subscribe,
  };
}
