import { networkHolding } from "./address.ts";
import type { FederationConfig, Side, SipRequest } from "./types.ts";

/** Where a request came from, and why that is so. */
export interface Origin {
  readonly side: Side;
  readonly because: string;
}

/** Tells inside from outside: by the XMPP gateway, by the listener, by what the certificate of the connection proves, by the source network. */
export function originOf(
  {
    source,
    insideListener,
    certificateNames,
    overXmpp,
  }: Pick<SipRequest, "source" | "insideListener" | "certificateNames" | "overXmpp">,
  config: FederationConfig,
): Origin {
  if (overXmpp) return { side: "outside", because: "It came over XMPP, which is outside." };
  if (insideListener) return { side: "inside", because: "It came in on the listener of the inside." };
  const name = certificateNames?.find((it) => config.insideCertificateNames.includes(it));
  if (name !== undefined)
    return { side: "inside", because: `Its certificate is for ${name}, which is inside.` };
  const network = networkHolding(source, config.insideNetworks);
  return network === undefined
    ? { side: "outside", because: `The source ${source} is outside: no inside network holds it.` }
    : { side: "inside", because: `The source ${source} is inside: ${network} holds it.` };
}
