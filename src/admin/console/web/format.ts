/** Numbers and times for people. Pure. */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const UNITS: readonly (readonly [unit: string, ms: number])[] = [
  ["year", 365 * DAY],
  ["month", 30 * DAY],
  ["day", DAY],
  ["hour", HOUR],
  ["minute", MINUTE],
];

export function number(value: number): string {
  return value.toLocaleString("en");
}

/** `1 domain`, `2,000 domains`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${number(count)} ${count === 1 ? one : many}`;
}

/** `3 hours ago`; `just now` below a minute. Both in milliseconds since 1970. */
export function ago(at: number, now: number): string {
  const ms = Math.max(0, now - at);
  const [unit, length] = UNITS.find(([, size]) => ms >= size) ?? ["", 0];
  return length === 0 ? "just now" : `${counted(Math.floor(ms / length), unit)} ago`;
}

/** In local time. */
export function dateTime(at: number): string {
  return new Date(at).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "medium" });
}

/** `14:05`, in local time. */
export function clock(at: number): string {
  return new Date(at).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
}

/** Two significant digits below 100, none after the point above: `0.05`, `1.2`, `340`. */
export function rate(perSecond: number): string {
  if (perSecond === 0) return "0";
  if (perSecond >= 100) return number(Math.round(perSecond));
  return String(Number(perSecond.toPrecision(2)));
}

/** `4 ms`, `1.2 s`. */
export function duration(ms: number): string {
  if (ms >= 1000) return `${(ms / 1000).toFixed(1)} s`;
  return ms >= 10 ? `${Math.round(ms)} ms` : `${Number(ms.toPrecision(1))} ms`;
}

/** An address with its port, as in a URI. */
export function place(address: string, port: number): string {
  return `${address.includes(":") ? `[${address}]` : address}:${port}`;
}
