import type { Dialog } from "../sip/dialog.ts";

/** A dialog of a SIP watcher. */
export interface SavedDialog {
  readonly watcher: string;
  readonly contact: string;
  readonly isActive: boolean;
  readonly event: string;
  /** Milliseconds since 1970; in whole seconds when read back. */
  readonly expiresAt: number;
  readonly seq: number;
  readonly dialog: Dialog;
}

/** What an XMPP user has of a SIP contact. */
export interface SavedSubscription {
  readonly watcher: string;
  readonly contact: string;
  readonly isApproved: boolean;
  /** Resources that the watcher sees as available. */
  readonly shown: readonly string[];
  /** The dialog that serves it, if there is one. */
  readonly serving: { readonly dialog: Dialog; readonly expiresAt: number; readonly seq: number } | undefined;
}

export interface SavedState {
  readonly sipWatchers: readonly SavedDialog[];
  readonly xmppWatchers: readonly SavedSubscription[];
}

export interface ReadState extends SavedState {
  /** Lines that made no sense. */
  readonly damaged: number;
}

/** First line; another version is another format. */
const VERSION = "presence 1";

type Json = readonly unknown[];

/** One line of JSON for each subscription. */
export function writeState({ sipWatchers, xmppWatchers }: SavedState): string {
  const lines: Json[] = [
    ...sipWatchers.map((saved) => {
      const { watcher, contact, isActive, event, dialog, expiresAt, seq } = saved;
      return ["s", watcher, contact, isActive, event, ...servingFields({ dialog, expiresAt, seq })];
    }),
    ...xmppWatchers.map(({ watcher, contact, isApproved, shown, serving }) => {
      const fields = serving === undefined ? [] : servingFields(serving);
      return ["x", watcher, contact, isApproved, shown, ...fields];
    }),
  ];
  return [VERSION, ...lines.map((line) => JSON.stringify(line))].join("\n");
}

/** Reads what `writeState` wrote, as far as it can be read. Undefined for anything else, other versions too. */
export function readState(text: string): ReadState | undefined {
  const [version, ...lines] = text.split("\n");
  if (version?.trim() !== VERSION) return undefined;
  const sipWatchers: SavedDialog[] = [];
  const xmppWatchers: SavedSubscription[] = [];
  let damaged = 0;
  for (const line of lines.filter((some) => some.trim() !== "")) {
    const fields = jsonLine(line);
    const dialog = fields?.[0] === "s" ? readDialogLine(fields) : undefined;
    const subscription = fields?.[0] === "x" ? readSubscriptionLine(fields) : undefined;
    if (dialog !== undefined) sipWatchers.push(dialog);
    else if (subscription !== undefined) xmppWatchers.push(subscription);
    else damaged += 1;
  }
  return { sipWatchers, xmppWatchers, damaged };
}

function servingFields({ dialog, expiresAt, seq }: NonNullable<SavedSubscription["serving"]>): Json {
  const { callId, localUri, localTag, remoteUri, remoteTag, target, routes, remoteSeq } = dialog;
  const seconds = Math.ceil(expiresAt / 1000);
  return [seconds, seq, callId, localUri, localTag, remoteUri, remoteTag, target, routes, remoteSeq];
}

function readDialogLine(fields: Json): SavedDialog | undefined {
  const [, watcher, contact, isActive, event, ...rest] = fields;
  const serving = readServing(rest);
  if (!isString(watcher) || !isString(contact) || !isString(event)) return undefined;
  if (typeof isActive !== "boolean" || serving === undefined) return undefined;
  return { watcher, contact, isActive, event, ...serving };
}

function readSubscriptionLine(fields: Json): SavedSubscription | undefined {
  const [, watcher, contact, isApproved, shown, ...rest] = fields;
  const serving = rest.length === 0 ? undefined : readServing(rest);
  if (!isString(watcher) || !isString(contact) || typeof isApproved !== "boolean") return undefined;
  if (!isStrings(shown) || (rest.length > 0 && serving === undefined)) return undefined;
  return { watcher, contact, isApproved, shown, serving };
}

function readServing(fields: Json): SavedSubscription["serving"] {
  const [seconds, seq, callId, localUri, localTag, remoteUri, remoteTag, target, routes, remoteSeq] = fields;
  const texts = [callId, localUri, localTag, remoteUri, remoteTag, target];
  if (!isStrings(texts) || !isStrings(routes)) return undefined;
  if (!isCount(seconds) || !isCount(seq) || !isCount(remoteSeq)) return undefined;
  const [id = "", ours = "", tag = "", theirs = "", theirTag = "", uri = ""] = texts;
  return {
    dialog: {
      callId: id,
      localUri: ours,
      localTag: tag,
      remoteUri: theirs,
      remoteTag: theirTag,
      target: uri,
      routes,
      remoteSeq,
    },
    expiresAt: seconds * 1000,
    seq,
  };
}

function jsonLine(line: string): Json | undefined {
  try {
    const value = JSON.parse(line) as unknown;
    return Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Text without what would break out of a header. */
function isString(value: unknown): value is string {
  return typeof value === "string" && !/[\r\n]/.test(value);
}

function isStrings(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every(isString);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
