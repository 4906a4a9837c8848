/** Prosody ends the stream over a larger stanza (`component_stanza_size_limit`, 512 KiB), and so ends it for everybody. */
const MAX_BYTES = 500_000;

/** What XML 1.0 cannot hold in any form (§2.2), halves of surrogate pairs among it. */

const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/u;

/** Whether the server would take the stanza, and not close the stream over it. */
export function isSendable(xml: string): boolean {
  return Buffer.byteLength(xml) <= MAX_BYTES && !FORBIDDEN.test(xml);
}
