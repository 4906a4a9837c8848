import { createHash, randomUUID } from "node:crypto";

/** `callid` of RFC 3261 §25.1, no longer than anybody writes one. */
const WORD = String.raw`[\w.!%*+\`'~()<>:\\"/[\]?{}-]{1,120}`;
const CALL_ID = new RegExp(`^${WORD}(?:@${WORD})?$`);

/**
 * The Call-ID for a thread (RFC 7572 §4): the same text where it can be one, else one that is always the same for the
 * thread; a new one without a thread.
 */
export function callIdOfThread(thread: string | undefined): string {
  if (thread === undefined || thread === "") return randomUUID();
  return CALL_ID.test(thread) ? thread : createHash("sha256").update(thread).digest("hex");
}
