import xml, { type Element } from "@xmpp/xml";
import { xmlText } from "./xml-text.ts";

const SHOWS = ["away", "chat", "dnd", "xa"] as const;
/** Finer than available (RFC 6121 §4.7.2.1). */
export type Show = (typeof SHOWS)[number];

export interface StatusText {
  /** RFC 5646; undefined: that of the whole. */
  readonly language: string | undefined;
  readonly text: string;
}

/** What one device of a contact says about itself, in neither protocol. */
export interface PresenceState {
  readonly available: boolean;
  /** Undefined: the contact as a whole. */
  readonly resource: string | undefined;
  /** Only of what is available. */
  readonly show: Show | undefined;
  /** -128–127; undefined: not said, which counts as 0. */
  readonly priority: number | undefined;
  readonly statuses: readonly StatusText[];
  /** RFC 5646; of all texts that do not say another one. */
  readonly language: string | undefined;
}

/** Without a word about why. */
export const UNAVAILABLE: PresenceState = {
  available: false,
  resource: undefined,
  show: undefined,
  priority: undefined,
  statuses: [],
  language: undefined,
};

/** Statuses of one presence, in as many languages. */
const MAX_STATUSES = 10;
/** UTF-16 code units of a status. */
const MAX_STATUS = 2_000;
const LANGUAGE = /^[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*$/;

/** Reads a presence stanza without type or of type `unavailable`; undefined for all others, which notify of nothing. */
export function presenceOf(stanza: Element): PresenceState | undefined {
  const type = stanza.attrs.type as unknown;
  if (type !== undefined && type !== "unavailable") return undefined;
  const available = type === undefined;
  const [, resource] = /\/(.+)$/s.exec(String(stanza.attrs.from ?? "")) ?? [];
  return {
    available,
    resource,
    show: available ? showOf(stanza.getChildText("show")) : undefined,
    priority: available ? priorityOf(stanza.getChildText("priority")) : undefined,
    statuses: statusTexts(stanza.getChildren("status")),
    language: languageTag(stanza.attrs["xml:lang"]),
  };
}

/**
 * The stanza that says so.
 * @param from Bare JID of the contact; the resource comes from the state.
 */
export function presenceStanza(state: PresenceState, from: string, to: string, id?: string): Element {
  const { available, resource, show, priority, statuses, language } = state;
  return xml(
    "presence",
    {
      from: resource === undefined ? from : `${from}/${resource}`,
      to,
      ...(id !== undefined && { id }),
      ...(!available && { type: "unavailable" }),
      ...(language !== undefined && { "xml:lang": language }),
    },
    ...(show === undefined ? [] : [xml("show", {}, show)]),
    ...statuses.map(({ language: own, text }) =>
      xml("status", own === undefined ? {} : { "xml:lang": own }, text),
    ),
    ...(priority === undefined ? [] : [xml("priority", {}, String(priority))]),
  );
}

export function showOf(text: string | null | undefined): Show | undefined {
  return SHOWS.find((show) => show === text?.trim());
}

/** A tag that may be in a header, too; undefined for anything else. */
export function languageTag(text: unknown): string | undefined {
  return typeof text === "string" && LANGUAGE.test(text) ? text : undefined;
}

/** Of `<status/>` or `<note/>`: the first of each language, as XMPP allows but one (RFC 6121 §4.7.2.2). */
export function statusTexts(elements: readonly Element[]): StatusText[] {
  const texts = new Map<string | undefined, StatusText>();
  for (const element of elements) {
    const language = languageTag(element.attrs["xml:lang"]);
    const text = xmlText(element.getText().slice(0, MAX_STATUS));
    const key = language?.toLowerCase();
    if (text.trim() !== "" && !texts.has(key)) texts.set(key, { language, text });
  }
  return [...texts.values()].slice(0, MAX_STATUSES);
}

function priorityOf(text: string | null): number | undefined {
  const priority = text !== null && /^\s*[+-]?\d{1,3}\s*$/.test(text) ? Number(text) : Number.NaN;
  return priority >= -128 && priority <= 127 ? priority : undefined;
}
