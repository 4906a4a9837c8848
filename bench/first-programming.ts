/** (c) From the start of an operator, with an empty router beside it, to the whole table in force. */
import type { Replica } from "../test/support/replica.ts";
import { programmed, type Installation } from "./installation.ts";

/** Milliseconds; the replica stays up. */
export async function startAndProgram(replica: Replica): Promise<number> {
  await replica.router.start();
  const startedAt = performance.now();
  await Promise.all([replica.operator.start(), programmed(replica)]);
  return performance.now() - startedAt;
}

/** Milliseconds that it takes to fetch and parse the whole list of domains. */
export async function bareListMs({ client, namespace }: Installation, expected: number): Promise<number> {
  const startedAt = performance.now();
  const count = await client.list(namespace, "federateddomains");
  if (count !== expected) throw new Error(`the list has ${count} domains instead of ${expected}`);
  return performance.now() - startedAt;
}
