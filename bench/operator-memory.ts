/** (e) What the operator keeps in memory. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Replica } from "../test/support/replica.ts";
import { residentBytes } from "./process-cost.ts";

const COLLECTIONS = 6;
const PAUSE_MS = 400;

/** Resident memory of a replica's operator once its garbage is collected, in megabytes. */
export async function operatorMemoryMb({ operator }: Replica): Promise<number> {
  const { pid } = operator;
  if (pid === undefined) throw new Error("the operator does not run");
  for (let n = 0; n < COLLECTIONS; n += 1) {
    process.kill(pid, "SIGUSR2");
    await sleep(PAUSE_MS);
  }
  return residentBytes(pid) / 1e6;
}
