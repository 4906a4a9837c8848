/** What the tests named after RFCs share. */
import type { TestContext } from "node:test";
import { LOCAL, to, uri, type RouterBed } from "../../support/router-bed.ts";
import { buildResponse, randomToken, type Answer } from "../../support/sip/build.ts";
import { serialise, type Header, type SipRequestMessage } from "../../support/sip/message.ts";
import type { SipTransportName } from "../../support/sip/transport.ts";
import type { Handler, ReceivedRequest, UserAgent } from "../../support/sip/user-agent.ts";

export const ALICE = `sip:alice@${LOCAL}`;
export const BOB = "sip:bob@partner.test";

/** Opens a peer and makes it the next hop of the domain in `BOB`, which is known. */
export async function openPartner(
  bed: RouterBed,
  t: TestContext,
  transport: SipTransportName = "udp",
): Promise<UserAgent> {
  const peer = await bed.peer(t);
  await bed.program({ sets: { "*": to(uri(peer, transport)) }, names: { "partner.test": "A|" } });
  return peer;
}

/** Rings, and says no more. */
export const ringing: Handler = (_, provisional) => {
  provisional({ status: 180 });
  return undefined;
};

/** The headers that every request needs, with tags and a branch of their own. */
export function requestHeaders(from: UserAgent, method: string): Header[] {
  return [
    ["Via", `SIP/2.0/UDP ${from.host}:${from.port};branch=z9hG4bK${randomToken()}`],
    ["Max-Forwards", "70"],
    ["From", `<${ALICE}>;tag=${randomToken()}`],
    ["To", `<${BOB}>`],
    ["Call-ID", randomToken()],
    ["CSeq", `1 ${method}`],
    ["Contact", `<sip:alice@${from.host}:${from.port}>`],
  ];
}

/** A request to `BOB` with exactly these headers. */
export function requestOf(method: string, headers: readonly Header[], body = ""): SipRequestMessage {
  return { kind: "request", method, uri: BOB, headers, body };
}

/** Answers once more, with another To tag or after the transaction is over: what a fork downstream may do. */
export async function answerAgain(
  peer: UserAgent,
  request: ReceivedRequest,
  answer: Answer,
  tag: string,
): Promise<void> {
  const local = { host: peer.host, port: peer.port, transport: request.transport };
  await peer.sendRaw(serialise(buildResponse(request, answer, local, tag)), {
    host: request.source.host,
    port: request.source.port,
    transport: request.transport,
  });
}
