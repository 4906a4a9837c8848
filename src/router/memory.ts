import type { RpcClient } from "./rpc-client.ts";

/** Shared memory of the router, in bytes. */
export interface SharedMemory {
  readonly total: number;
  /** With what its allocator needs itself. */
  readonly used: number;
}

/** Undefined while the router does not answer. */
export async function readSharedMemory(rpc: Pick<RpcClient, "call">): Promise<SharedMemory | undefined> {
  const outcome = await rpc.call("core.shmmem", []);
  if (!outcome.ok) return undefined;
  const { total, real_used: used } = outcome.result as { total: number; real_used: number };
  return { total, used };
}
