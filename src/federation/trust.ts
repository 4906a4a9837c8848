import { networkHolding } from "./address.ts";
import type { FederationConfig, NameEntry } from "./types.ts";

/**
 * What proves that a request from this source comes from the domain, as a sentence; undefined when nothing does.
 * @param domain canonical
 */
export function proofOf(
  domain: string,
  source: string,
  entry: NameEntry | undefined,
  config: FederationConfig,
): string | undefined {
  const peer = config.trustedPeers.find(
    ({ domains, sources }) =>
      (domains.includes(domain) || domains.includes("*")) && networkHolding(source, sources) !== undefined,
  );
  if (peer) return `${domain} is proven: a trusted peer at ${source} may assert it.`;
  const network = entry?.kind === "known" ? networkHolding(source, entry.sources) : undefined;
  return network && `${domain} is proven: its sources hold ${source} (${network}).`;
}
