/** A user agent in the place of the XMPP gateway: at the router's own address, as in a pod. */
import type { TestContext } from "node:test";
import { LOCAL, type RouterBed } from "./router-bed.ts";
import { UserAgent, type RequestOptions, type SipResponseMessage } from "./sip/user-agent.ts";
import type { SipTarget } from "./sip/transport.ts";
import { waitFor } from "./wait-for.ts";

/** Where the gateway listens, and where the router does so for it. */
export const GATEWAY_PORTS = { gateway: 8066, router: 8067 } as const;

/** Gives a router a gateway: added to the environment of kamailio-run. */
export const GATEWAY_ENV = {
  GATEWAY_PORT: String(GATEWAY_PORTS.gateway),
  GATEWAY_LISTEN_PORT: String(GATEWAY_PORTS.router),
};

/** It goes with the test, if not before. The router has noticed by then that the one before it is gone. */
export async function openGateway(t: TestContext, { router }: Pick<RouterBed, "router">): Promise<UserAgent> {
  await waitFor("the router to notice", async () => {
    const connections = (await router.rpc("core.tcp_list")) as readonly { readonly src_port: number }[];
    return connections.every((it) => it.src_port !== GATEWAY_PORTS.gateway);
  });
  const gateway = await UserAgent.open({ host: router.host, port: GATEWAY_PORTS.gateway });
  t.after(() => closeGateway(gateway));
  return gateway;
}

const closed = new WeakMap<UserAgent, Promise<void>>();

/** As often as one likes. */
export function closeGateway(gateway: UserAgent): Promise<void> {
  const closing = closed.get(gateway) ?? gateway.close();
  closed.set(gateway, closing);
  return closing;
}

/** The router's listener for the gateway. */
export function gatewayTarget({ router }: Pick<RouterBed, "router">): SipTarget {
  return { host: router.host, port: GATEWAY_PORTS.router, transport: "tcp" };
}

/** Sends a request as the gateway does: a MESSAGE by somebody at xmpp.test to the local domain unless told. */
export function fromGateway(
  bed: RouterBed,
  gateway: UserAgent,
  options: Partial<RequestOptions> = {},
): Promise<SipResponseMessage> {
  const uri = `sip:alice@${LOCAL}`;
  const target = gatewayTarget(bed);
  return gateway.request({ method: "MESSAGE", uri, target, from: "sip:juliet@xmpp.test", ...options });
}
