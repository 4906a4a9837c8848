import xml, { type Element } from "@xmpp/xml";
import {
  languageTag,
  showOf,
  statusTexts,
  type PresenceState,
  type Show,
  UNAVAILABLE,
} from "./presence-state.ts";
import { readResource, tupleId } from "./tuple-id.ts";
import { readXml } from "./xml-document.ts";

export const PIDF_TYPE = "application/pidf+xml";

const PIDF = "urn:ietf:params:xml:ns:pidf";
const DATA_MODEL = "urn:ietf:params:xml:ns:pidf:data-model";
const RPID = "urn:ietf:params:xml:ns:pidf:rpid";
const CLIENT = "jabber:client";

/** A document of many devices with notes in many languages is a tenth of it. */
const LIMITS = { bytes: 65_536, depth: 16 };
/** Devices of one document that are told of. */
const MAX_TUPLES = 16;

/** What SIP user agents show of activities (RFC 4480 §3.2), as XMPP's four words have it. */
const ACTIVITIES: Readonly<Record<string, Show>> = {
  away: "away",
  appointment: "away",
  breakfast: "away",
  dinner: "away",
  lunch: "away",
  meal: "away",
  sleeping: "away",
  "permanent-absence": "xa",
  vacation: "xa",
  busy: "dnd",
  meeting: "dnd",
  "on-the-phone": "dnd",
  performance: "dnd",
  presentation: "dnd",
};
const ACTIVITY_OF: Readonly<Partial<Record<Show, string>>> = { away: "away", xa: "away", dnd: "busy" };

/**
 * The PIDF document (RFC 3863) of a contact, by table 1 of RFC 8048 §6.2, `<show/>` as its note 7 recommends; what RPID has
 * a word for is said in RPID too.
 * @param uri SIP URI of the contact.
 */
export function pidfOf(uri: string, state: PresenceState): string {
  const address = uri.replace(/^sips?:/, "").replace(/;.*$/, "");
  const priority = state.priority === undefined || state.priority < 0 ? undefined : state.priority;
  const activity = state.available && state.show !== undefined ? ACTIVITY_OF[state.show] : undefined;
  const document = xml(
    "presence",
    {
      xmlns: PIDF,
      ...(activity !== undefined && { "xmlns:dm": DATA_MODEL, "xmlns:rpid": RPID }),
      entity: `pres:${address}`,
    },
    xml(
      "tuple",
      { id: tupleId(state.resource) },
      xml(
        "status",
        {},
        xml("basic", {}, state.available ? "open" : "closed"),
        ...(state.available && state.show !== undefined ? [xml("show", { xmlns: CLIENT }, state.show)] : []),
      ),
      ...(priority === undefined
        ? []
        : [xml("contact", { priority: decimalPriority(priority) }, `sip:${address}`)]),
      ...state.statuses.map(({ language, text }) =>
        xml("note", language === undefined ? {} : { "xml:lang": language }, text),
      ),
    ),
    ...(activity === undefined
      ? []
      : [xml("dm:person", { id: "person" }, xml("rpid:activities", {}, xml(`rpid:${activity}`)))]),
  );
  return `<?xml version="1.0" encoding="UTF-8"?>\n${document.toString()}`;
}

/**
 * The devices that a PIDF document tells of, by table 2 of RFC 8048 §6.3: one for each tuple, each resource once. A tuple that
 * does not say whether it is open counts as closed. Undefined when it is no such document.
 * @param language Content-Language of what it came with.
 */
export function readPidf(document: Buffer, language: string | undefined): PresenceState[] | undefined {
  const root = readXml(document, LIMITS);
  if (root?.is("presence", PIDF) !== true) return undefined;
  const notes = root.getChildren("note", PIDF);
  const common = { language: languageTag(language), notes, activity: activityOf(root) };
  const states = root
    .getChildren("tuple", PIDF)
    .slice(0, MAX_TUPLES)
    .map((tuple) => readTuple(tuple, common));
  if (states.length === 0)
    return [{ ...UNAVAILABLE, statuses: statusTexts(notes), language: common.language }];
  return states.filter(({ resource }, at) => states.findIndex((one) => one.resource === resource) === at);
}

interface Common {
  readonly language: string | undefined;
  readonly notes: readonly Element[];
  readonly activity: Show | undefined;
}

function readTuple(tuple: Element, { language, notes, activity }: Common): PresenceState {
  const status = tuple.getChild("status", PIDF);
  const available = status?.getChildText("basic", PIDF)?.trim() === "open";
  const own = tuple.getChildren("note", PIDF);
  const show = showOf(status?.getChildText("show", CLIENT)) ?? activityOf(tuple) ?? activity;
  return {
    available,
    resource: readResource(tuple.attrs.id),
    show: available ? show : undefined,
    priority: available ? xmppPriority(tuple.getChild("contact", PIDF)) : undefined,
    statuses: statusTexts(own.length === 0 ? notes : own),
    language,
  };
}

/** Of a person or, as older user agents have it, of a tuple or its status. */
function activityOf(element: Element): Show | undefined {
  const holders = [
    element,
    ...element.getChildren("person", DATA_MODEL),
    ...element.getChildren("status", PIDF),
  ];
  const activities = holders.flatMap((holder) => holder.getChildren("activities", RPID));
  const names = activities.flatMap((some) => some.getChildElements().map((activity) => activity.getName()));
  return names.map((name) => (Object.hasOwn(ACTIVITIES, name) ? ACTIVITIES[name] : undefined)).find(Boolean);
}

/** 0–127 as 0–1 with three decimals, each its own, cut off as in the RFC's examples (RFC 8048 §6.2, note 6). */
function decimalPriority(priority: number): string {
  return String(Math.floor((priority * 1000) / 127) / 1000);
}

function xmppPriority(contact: Element | undefined): number | undefined {
  const text = contact?.attrs.priority as unknown;
  if (typeof text !== "string" || !/^(0(\.\d{0,3})?|1(\.0{0,3})?)$/.test(text.trim())) return undefined;
  return Math.round(Number(text) * 127);
}
