export type RecordType = "A" | "AAAA" | "SRV" | "NAPTR";

export interface Question {
  /** Absolute, lower case, without a trailing dot. */
  readonly name: string;
  readonly type: RecordType;
}

const MAX_LENGTH = 253;
const LABEL = /^[\x21-\x7e]{1,63}$/;

/** Two questions are the same when their keys are. */
export function questionKey({ name, type }: Question): string {
  return `${type} ${name}`;
}

/** The one spelling of a name in a DNS message. The root is `.`. */
export function canonicalName(name: string): string {
  return name.length > 1 ? name.toLowerCase().replace(/\.$/, "") : name;
}

/** Whether DNS could have the name: a longer one, or one with an empty label, would make a malformed query. */
export function isAskable(name: string): boolean {
  return name.length <= MAX_LENGTH && name.split(".").every((label) => LABEL.test(label));
}
