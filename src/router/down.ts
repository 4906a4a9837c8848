import type { RpcClient } from "./rpc-client.ts";

const TABLE = "down";

/** Of these next hops, by URI, those that the router passes over at the moment; none while it does not answer. */
export async function readDown(
  rpc: Pick<RpcClient, "call">,
  uris: readonly string[],
): Promise<ReadonlySet<string>> {
  const isDown = await Promise.all(uris.map(async (uri) => (await rpc.call("htable.get", [TABLE, uri])).ok));
  return new Set(uris.filter((_, index) => isDown[index]));
}
