/** Messages that went wrong, in ways that a seed repeats. */
import { tortureMessages } from "./index.ts";
import { END, lines, ordinary, SESSION, withBody, type Places } from "./message.ts";

/** Numbers from 0 up to below 1, the same ones for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

type Random = () => number;
type Mutation = (text: string, random: Random, other: string) => string;

const METHODS = [
  "INVITE",
  "ACK",
  "BYE",
  "CANCEL",
  "MESSAGE",
  "SUBSCRIBE",
  "NOTIFY",
  "UPDATE",
  "REFER",
] as const;
const PIECES = [
  "\r\n",
  "\r\n\r\n",
  "\n",
  ":",
  ";",
  ",",
  "<",
  ">",
  '"',
  "@",
  "%",
  "[",
  "]",
  "=",
  "\0",
  "\u00ff",
  " \t",
];
const MAX_MUTATIONS = 6;

const below = (limit: number, random: Random): number => Math.floor(random() * limit);

function pick<T>(from: readonly T[], random: Random): T {
  const picked = from[below(from.length, random)];
  if (picked === undefined) throw new RangeError("nothing to pick from");
  return picked;
}

function replaceAt(text: string, at: number, remove: number, insert: string): string {
  return text.slice(0, at) + insert + text.slice(at + remove);
}

/** The lines of the head, and the rest. */
function split(text: string): [string[], string] {
  const end = text.indexOf("\r\n\r\n");
  return end < 0 ? [text.split("\r\n"), ""] : [text.slice(0, end).split("\r\n"), text.slice(end)];
}

const mutations: readonly Mutation[] = [
  function flipBits(text, random) {
    const at = below(text.length, random);
    return replaceAt(text, at, 1, String.fromCharCode(text.charCodeAt(at) ^ (1 << below(8, random))));
  },
  function cutEnd(text, random) {
    return text.slice(0, below(text.length, random));
  },
  function cutOut(text, random) {
    return replaceAt(text, below(text.length, random), below(40, random), "");
  },
  function insert(text, random) {
    return replaceAt(text, below(text.length, random), 0, pick(PIECES, random).repeat(1 + below(3, random)));
  },
  function repeat(text, random) {
    const at = below(text.length, random);
    return replaceAt(text, at, 0, text.slice(at, at + below(30, random)).repeat(below(200, random)));
  },
  function splice(text, random, other) {
    return text.slice(0, below(text.length, random)) + other.slice(below(other.length, random));
  },
  function duplicateHeader(text, random) {
    const [head, rest] = split(text);
    head.splice(1 + below(head.length, random), 0, pick(head, random));
    return head.join("\r\n") + rest;
  },
  function reorderHeaders(text, random) {
    const [[start = "", ...head], rest] = split(text);
    const order = head.map((line) => [random(), line] as const).sort(([a], [b]) => a - b);
    return [start, ...order.map(([, line]) => line)].join("\r\n") + rest;
  },
  function growNumber(text, random) {
    const numbers = [...text.matchAll(/\d+/g)];
    if (numbers.length === 0) return text;
    const { index, 0: digits } = pick(numbers, random);
    return replaceAt(text, index, digits.length, pick(["0", "-1", "4294967296", "9".repeat(40)], random));
  },
];

/** A message as Kamailio sees it every day, inside and outside of dialogs. */
function everyday(places: Places, random: Random): string {
  const method = pick(METHODS, random);
  const to = random() < 0.5 ? `<sip:user@${places.to}>;tag=t` : `<sip:user@${places.to}>`;
  const head = ordinary(places, `${method} sip:user@${places.to} SIP/2.0`, { cseq: `8 ${method}`, to });
  const route = random() < 0.3 ? ["Route: <sip:127.0.0.1;lr;mark=o00;in=00>, <sip:b@x.test;lr>"] : [];
  return lines(...head, ...route, ...pick([END, [SESSION], [withBody("hello")]], random));
}

/** One of RFC 4475 or an everyday message, changed a few times. */
export function mutant(places: Places, random: Random): Buffer {
  const sound = (): string =>
    random() < 0.5 ? pick(tortureMessages, random).write(places) : everyday(places, random);
  let text = sound();
  for (let left = 1 + below(MAX_MUTATIONS, random); left > 0; left -= 1) {
    text = pick(mutations, random)(text, random, sound());
  }
  return Buffer.from(text, "latin1");
}
