import { createHash } from "node:crypto";
import { GROUP } from "../api/names.ts";

/** The keys of an installation as its Secret holds them, each as hexadecimal digits; times are in ms since 1970. */
export interface DialogSecret {
  /** Undefined: not read from the API server. */
  readonly resourceVersion?: string | undefined;
  /** Makes marks. */
  readonly key: string;
  /** Undefined: nobody has noted it. */
  readonly keySince?: number | undefined;
  /** Accepted already; it becomes `key`. */
  readonly next?: string | undefined;
  readonly nextSince?: number | undefined;
  /** Still accepted: it was `key`. */
  readonly previous?: string | undefined;
  readonly previousUntil?: number | undefined;
  /** Entries that hold something else than a key. */
  readonly ignored?: readonly string[];
}

/** Of the object: what is used here. */
export interface SecretObject {
  readonly metadata?: {
    readonly resourceVersion?: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly data?: Readonly<Record<string, string>>;
}

/** What a merge patch (RFC 7396) of the object changes; null deletes. */
export interface SecretChange {
  readonly data: Readonly<Record<string, string | null>>;
  readonly annotations: Readonly<Record<string, string | null>>;
}

/** Since when, or until when, an entry is what it is: a time (RFC 3339), and the fingerprint of the key it speaks of. */
const NOTES = {
  key: `${GROUP}/key-since`,
  next: `${GROUP}/next-since`,
  previous: `${GROUP}/previous-until`,
} as const;

export type Entry = keyof typeof NOTES;

/** Text, so that a person can put one there (openssl rand -hex 32): 128 bits and more. */
const KEY = /^[0-9a-f]{32,}$/i;

/** @throws where there is no key to make marks with; what it holds instead is not told. */
export function readSecret({ metadata = {}, data = {} }: SecretObject): DialogSecret {
  const { resourceVersion, annotations = {} } = metadata;
  const keyOf = (entry: Entry): string | undefined => keyIn(data[entry]);
  const noted = (entry: Entry): number | undefined => timeIn(annotations[NOTES[entry]], keyOf(entry));
  const key = keyOf("key");
  if (key === undefined) throw new Error("data.key does not hold 32 hexadecimal digits or more");
  const others = ["next", "previous"] as const;
  return {
    resourceVersion,
    key,
    keySince: noted("key"),
    next: keyOf("next"),
    nextSince: noted("next"),
    previous: keyOf("previous"),
    previousUntil: noted("previous"),
    ignored: others.filter((entry) => data[entry] !== undefined && keyOf(entry) === undefined),
  };
}

/** The keys whose marks are accepted now, each once; the first makes marks. */
export function acceptedKeys(secret: DialogSecret, now: number): readonly string[] {
  const { key, next, previous, previousUntil = Infinity } = secret;
  const all = [key, next, now < previousUntil ? previous : undefined];
  return [...new Set(all.filter((one) => one !== undefined))];
}

/** An entry that gets a key. */
export function entered(entry: Entry, key: string, time: number): SecretChange {
  return { ...noted(entry, key, time), data: { [entry]: Buffer.from(key).toString("base64") } };
}

/** An entry whose time is noted, and that stays as it is. */
export function noted(entry: Entry, key: string, time: number): SecretChange {
  const note = `${new Date(time).toISOString()} ${fingerprint(key)}`;
  return { data: {}, annotations: { [NOTES[entry]]: note } };
}

export function removed(entry: Entry): SecretChange {
  return { data: { [entry]: null }, annotations: { [NOTES[entry]]: null } };
}

export function together(...changes: readonly SecretChange[]): SecretChange {
  return {
    data: Object.assign({}, ...changes.map(({ data }) => data)) as SecretChange["data"],
    annotations: Object.assign(
      {},
      ...changes.map(({ annotations }) => annotations),
    ) as SecretChange["annotations"],
  };
}

/** Names a key and tells nothing of it. */
export function fingerprint(key: string): string {
  return createHash("sha256").update(key).digest("hex").slice(0, 12);
}

function keyIn(base64: string | undefined): string | undefined {
  const text = Buffer.from(base64 ?? "", "base64")
    .toString("latin1")
    .trim();
  return KEY.test(text) ? text : undefined;
}

/** A note that speaks of another key says nothing. */
function timeIn(note: string | undefined, key: string | undefined): number | undefined {
  const [time = "", of] = (note ?? "").split(" ");
  const parsed = Date.parse(time);
  return key !== undefined && of === fingerprint(key) && !Number.isNaN(parsed) ? parsed : undefined;
}
