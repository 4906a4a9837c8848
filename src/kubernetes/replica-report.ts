import { GROUP } from "../api/names.ts";
import type { Kind } from "./resources.ts";

/** What a replica says of itself. */
export interface ReplicaReport {
  /** Its router holds the full table and takes traffic. */
  readonly ready: boolean;
  /** The highest resourceVersion of each kind up to which its router is programmed. */
  readonly applied: Readonly<Partial<Record<Kind, string>>>;
  /** What could not be programmed and why, by `KIND/NAME`. */
  readonly failed: Readonly<Record<string, string>>;
  /** StaticRoutes by which its router reaches nobody. */
  readonly unreachable: readonly string[];
  /** Fingerprints of the keys whose marks of dialogs its router accepts. */
  readonly dialogKeys: readonly string[];
  /** The limits that bite there, by domain, and by `.*` those on discovery. */
  readonly throttled: Readonly<Record<string, readonly string[]>>;
}

export const EMPTY_REPORT: ReplicaReport = {
  ready: false,
  applied: {},
  failed: {},
  unreachable: [],
  dialogKeys: [],
  throttled: {},
};

/** On the Lease of a replica: the installation it belongs to. */
export const REPLICA_LABEL = `${GROUP}/replica-of`;

const READY = `${GROUP}/ready`;
const APPLIED = `${GROUP}/applied`;
const FAILED = `${GROUP}/failed`;
const UNREACHABLE = `${GROUP}/unreachable`;
const DIALOG_KEYS = `${GROUP}/dialog-keys`;
const THROTTLED = `${GROUP}/throttled`;
/** Annotations of an object may have 256 kB in all. */
const MAX_FAILURES = 50;
const MAX_MESSAGE = 200;
/** Characters of the names in a list; of what does not fit, nobody is told. */
const MAX_NAMES = 16_000;

export function toAnnotations({
  ready,
  applied,
  failed,
  unreachable,
  dialogKeys,
  throttled,
}: ReplicaReport): Record<string, string> {
  const failures = Object.entries(failed)
    .slice(0, MAX_FAILURES)
    .map(([key, message]) => [key, message.slice(0, MAX_MESSAGE)]);
  return {
    [READY]: String(ready),
    [APPLIED]: JSON.stringify(applied),
    [FAILED]: JSON.stringify(Object.fromEntries(failures)),
    [UNREACHABLE]: fitting(unreachable).join(","),
    [DIALOG_KEYS]: dialogKeys.join(","),
    [THROTTLED]: fitting(Object.entries(throttled).map(([name, limits]) => [name, ...limits].join(" "))).join(
      ",",
    ),
  };
}

/** What cannot be read counts as not said. */
export function fromAnnotations(annotations: Readonly<Record<string, string>> = {}): ReplicaReport {
  return {
    ready: annotations[READY] === "true",
    applied: versions(stringMap(annotations[APPLIED])),
    failed: stringMap(annotations[FAILED]),
    unreachable: listOf(annotations[UNREACHABLE]),
    dialogKeys: listOf(annotations[DIALOG_KEYS]),
    throttled: Object.fromEntries(
      listOf(annotations[THROTTLED]).map((item) => {
        const [name = "", ...limits] = item.split(" ");
        return [name, limits];
      }),
    ),
  };
}

function listOf(text = ""): readonly string[] {
  return text.split(",").filter((item) => item !== "");
}

function fitting(names: readonly string[]): readonly string[] {
  let length = 0;
  const end = names.findIndex((name) => (length += name.length + 1) > MAX_NAMES);
  return end < 0 ? names : names.slice(0, end);
}

/** A resourceVersion is a decimal number (Kubernetes API concepts, since 1.35). */
function versions(map: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(map).filter(([, version]) => /^[0-9]+$/.test(version)));
}

function stringMap(json: string | undefined): Record<string, string> {
  try {
    const parsed: unknown = JSON.parse(json ?? "{}");
    if (typeof parsed !== "object" || parsed === null) return {};
    return Object.fromEntries(Object.entries(parsed).filter(([, value]) => typeof value === "string"));
  } catch {
    return {};
  }
}
