import type { Candidate, Explanation, Place } from "../federation/explain.ts";
import { table } from "./table.ts";

/**
 * An explanation as a person reads it: what happens, why, whom it could go to, and what is left behind.
 * @param question parameters of /explain
 * @param from who answered
 */
export function explanationText(
  explanation: Explanation,
  question: Readonly<Record<string, string>>,
  from: string,
): string {
  const { summary, because, row, direction, candidates, nextHop, caching } = explanation;
  const last = [
    ["Next hop", nextHop ? placeText(nextHop) : "none"],
    ["Remembered", caching.because],
    ["Told by", from],
  ];
  return [
    `${requestText(question)}\n  ${capitalized(summary)}.`,
    section(`Why (row ${row} of the decision table${direction ? `, ${direction}` : ""})`, numbered(because)),
    ...(candidates.length > 0 ? [section("Candidates, in order", candidateLines(candidates))] : []),
    table(last).join("\n"),
    "",
  ]
    .join("\n\n")
    .replace(/\n+$/, "\n");
}

function requestText({
  uri = "",
  method = "INVITE",
  from,
  source = "inside",
}: Readonly<Record<string, string>>) {
  const sender = from === undefined ? "" : ` from ${from}`;
  const side = source === "inside" || source === "outside" ? `the ${source}` : source;
  return `${method} ${uri}${sender}, sent by ${side}`;
}

function section(title: string, lines: readonly string[]): string {
  return [title, ...lines.map((line) => `  ${line}`)].join("\n");
}

function numbered(sentences: readonly string[]): string[] {
  return table(sentences.map((sentence, index) => [`${index + 1}.`, sentence]));
}

function candidateLines(candidates: readonly Candidate[]): string[] {
  const header = ["", "ROUTE", "PATTERN", "PRIORITY", "WEIGHT", "NEXT HOP"];
  const [head = "", ...rows] = table([header, ...candidates.map(candidateCells)]);
  return [head, ...candidates.flatMap((candidate, index) => [rows[index] ?? "", ...below(candidate)])];
}

function candidateCells({ route, pattern, nextHop }: Candidate, index: number): string[] {
  const { priority, weight } = nextHop ?? {};
  const where = nextHop ? hopText(nextHop) : "-";
  return [`${index + 1}.`, route, pattern, String(priority ?? "-"), String(weight ?? "-"), where];
}

function hopText({ host, port, transport, serverName }: NonNullable<Candidate["nextHop"]>): string {
  const whose = serverName === undefined || serverName === host ? "" : ` (certificate of ${serverName})`;
  return `${port === 0 ? `${host} by SRV,` : socketText(host, port)} ${transport}${whose}`;
}

/** The addresses say by themselves which are passed over; where nobody looked for them, the reason does. */
function below({ addresses, passedOver }: Candidate): string[] {
  const lines = addresses.map(({ address, port, state, problem }) => {
    const text = problem === undefined ? STATES[state] : `passed over: ${problem}`;
    return `${socketText(address, port)} ${text}`;
  });
  if (addresses.length === 0 && passedOver !== undefined) lines.push(`passed over: ${passedOver}`);
  return lines.map((line) => `    ${line}`);
}

const STATES: Readonly<Record<Candidate["addresses"][number]["state"], string>> = {
  answers: "answers",
  dead: "does not answer probes: passed over",
  failed: "failed a moment ago: passed over",
  unknown: "is not probed yet",
};

function placeText({ route, address, port, transport, percent }: Place): string {
  const share = percent === 100 ? "" : `, for ${percent} % of the requests`;
  return `${socketText(address, port)} over ${transport}, by StaticRoute ${route}${share}`;
}

function socketText(host: string, port: number): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
