import { canonicalAddress, networkHolding } from "./address.ts";
import type { FederationConfig, NameEntry, SipRequest, TrustedPeer } from "./types.ts";

/** Where a request came from, as far as that proves anything. */
export type Provenance = Pick<SipRequest, "source" | "certificateNames" | "overXmpp">;

/**
 * What proves that a request comes from the domain, as a sentence; undefined when nothing does.
 * @param domain canonical
 */
export function proofOf(
  domain: string,
  { source, certificateNames = [], overXmpp = false }: Provenance,
  entry: NameEntry | undefined,
  config: FederationConfig,
): string | undefined {
  // no server speaks over XMPP that has not proven to be the domain's (RFC 6120 §13.7)
  if (overXmpp) return `${domain} is proven: one of its own servers sent it over XMPP.`;
  // an address is nobody's domain, though certificates may be for it (RFC 5922 §7.1)
  if (canonicalAddress(domain) === undefined && certificateNames.includes(domain))
    return `${domain} is proven: the certificate of the connection is for it.`;
  const isPeer = (peer: TrustedPeer): boolean =>
    networkHolding(source, peer.sources) !== undefined ||
    peer.certificateNames.some((name) => certificateNames.includes(name));
  const asserts = ({ domains }: TrustedPeer): boolean => domains.includes(domain) || domains.includes("*");
  if (config.trustedPeers.some((peer) => asserts(peer) && isPeer(peer))) {
    return `${domain} is proven: a trusted peer at ${source} may assert it.`;
  }
  const network = entry?.kind === "known" ? networkHolding(source, entry.sources) : undefined;
  return network && `${domain} is proven: its sources hold ${source} (${network}).`;
}
