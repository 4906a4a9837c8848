import { randomInt } from "node:crypto";
import { decode, type DecodedPacket, encode, RECURSION_DESIRED } from "dns-packet";
import type { DnsRecord } from "./answer.ts";
import { canonicalName, type Question } from "./question.ts";

/** Datagrams up to this size cross every network in one piece (DNS flag day 2020). */
const UDP_PAYLOAD_BYTES = 1232;
const RCODE_BITS = 0b1111;

export const RCODE = { noError: 0, formErr: 1, nxDomain: 3, notImp: 4, badVers: 16 } as const;
const RCODE_NAMES = ["NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED"];

/** A query, and how to tell its reply from everything else that may arrive. */
export interface Query {
  readonly bytes: Buffer;
  /** The reply in a message; undefined when it is none, or that of another query. */
  readonly read: (message: Buffer) => Reply | undefined;
}

export interface Reply {
  /** With the upper bits that EDNS adds (RFC 6891 §6.1.3). */
  readonly rcode: number;
  readonly truncated: boolean;
  readonly answers: readonly DnsRecord[];
  readonly authorities: readonly DnsRecord[];
}

/** @param edns whether to offer EDNS0, which servers of long ago take for a format error. */
export function queryFor(question: Question, edns: boolean): Query {
  const id = randomInt(0x10000);
  const { name, type } = question;
  const bytes = encode({
    type: "query",
    id,
    flags: RECURSION_DESIRED,
    questions: [{ name, type }],
    additionals: edns ? [OPT] : [],
  });
  return { bytes, read: (message) => readReply(message, id, question) };
}

export function rcodeName(rcode: number): string {
  return RCODE_NAMES[rcode] ?? `rcode ${rcode}`;
}

const OPT: DnsRecord = {
  type: "OPT",
  name: ".",
  udpPayloadSize: UDP_PAYLOAD_BYTES,
  extendedRcode: 0,
  ednsVersion: 0,
  flags: 0,
  flag_do: false,
  options: [],
};

function readReply(message: Buffer, id: number, question: Question): Reply | undefined {
  const packet = parse(message);
  if (packet?.flag_qr !== true || packet.id !== id) return undefined;
  const rcode = rcodeOf(packet);
  if (!repeats(packet, question) && !isHeaderAlone(packet, rcode)) return undefined;
  const { flag_tc: truncated, answers = [], authorities = [] } = packet;
  return { rcode, truncated, answers, authorities };
}

function parse(message: Buffer): DecodedPacket | undefined {
  try {
    const packet = decode(message);
    // It reads addresses beyond the end of a message that was cut off.
    return decode.bytes <= message.length ? packet : undefined;
  } catch {
    return undefined;
  }
}

function repeats({ questions = [] }: DecodedPacket, { name, type }: Question): boolean {
  const [question, ...others] = questions;
  if (question === undefined || others.length > 0) return false;
  return question.type === type && canonicalName(question.name) === name;
}

/** A server that could not read the query cannot repeat its question. */
function isHeaderAlone({ questions = [] }: DecodedPacket, rcode: number): boolean {
  return questions.length === 0 && (rcode === RCODE.formErr || rcode === RCODE.notImp);
}

function rcodeOf({ flags = 0, additionals = [] }: DecodedPacket): number {
  const opt = additionals.find((record) => record.type === "OPT");
  return (flags & RCODE_BITS) | ((opt?.extendedRcode ?? 0) << 4);
}
