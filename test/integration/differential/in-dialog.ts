import { decideInDialog } from "../../../src/federation/decide-in-dialog.ts";
import { canonicalHost } from "../../../src/federation/domain-name.ts";
import type { InDialogRequest, RoutingTable, SipUri } from "../../../src/federation/types.ts";
import { differencesInDialog } from "./differences.ts";
import type { Call, DialogEnd, Observation, Performance } from "./performance.ts";
import type { RouterAddress } from "./place.ts";
import type { FollowUp } from "./scenario.ts";

/** A request inside a dialog, and what the router did otherwise than `decideInDialog` says. */
export interface InDialogOutcome {
  readonly observation: Observation;
  readonly found: readonly string[];
}

export async function playInDialog(
  performance: Performance,
  router: RouterAddress,
  table: RoutingTable,
  request: FollowUp,
  call: Call,
): Promise<InDialogOutcome> {
  const meaning = meaningOf(request, call, router);
  const decision = decideInDialog(table, meaning);
  const observation = await performance.followUp(request, call);
  const peer = request.by === "caller" ? call.callee : call.caller;
  const isProven = hasProven(peer, meaning.to);
  const found = differencesInDialog(decision, observation, { host: peer.host, isProven }).map(
    (what) =>
      `${request.method} in a dialog by ${meaning.source}: ${what}. By decide: ${decision.because.join(" ")}`,
  );
  return { observation, found };
}

/** Whether the other end is at the address that its certificate is for, or is the domain that it is called by. */
function hasProven({ host, proves }: DialogEnd, to: SipUri | undefined): boolean {
  const domain = to?.host === undefined ? undefined : canonicalHost(to.host);
  return proves === undefined || proves.some((name) => name === host || name === domain);
}

function meaningOf(request: FollowUp, call: Call, router: RouterAddress): InDialogRequest {
  const { method, by, expires, subscriptionState } = request;
  const [caller, callee] = [call.request.from.uri, call.request.to.uri];
  return {
    method,
    source: call[by].host,
    certificateNames: call[by].shows,
    overXmpp: call[by].host === router.ipv4,
    insideListener: [router.insidePort, router.tlsInsidePort].includes(call[by].dialog.target.port),
    ...(by === "caller" ? { from: caller, to: callee } : { from: callee, to: caller }),
    ...(expires !== undefined && { expires }),
    ...(subscriptionState !== undefined && { subscriptionState: subscriptionState.split(";")[0] ?? "" }),
  };
}
