import type { Answer as DnsRecord } from "dns-packet";

export type { DnsRecord };

/** What DNS says to a question, for certain. Times are by `performance.now()`. */
export type Answer =
  | { readonly kind: "records"; readonly records: readonly DnsRecord[]; readonly expiresAt: number }
  /** No such record (NODATA), or no such name at all (NXDOMAIN). */
  | { readonly kind: "none"; readonly nameExists: boolean; readonly expiresAt: number };

/** No server said anything certain; `problem` is a sentence without its full stop. */
export interface Failure {
  readonly kind: "failed";
  readonly problem: string;
}
