import { table } from "../table.ts";
import { CHECKS, count, type CheckName, type Finding } from "./types.ts";

/** How many findings there are of each kind. */
export interface Summary {
  readonly ok: number;
  readonly warnings: number;
  readonly problems: number;
}

export function summaryOf(findings: readonly Finding[]): Summary {
  const number = (state: Finding["state"]) => findings.filter((it) => it.state === state).length;
  return { ok: number("ok"), warnings: number("warning"), problems: number("problem") };
}

/** What each check is about, for people. */
const TITLES: Readonly<Record<CheckName, string>> = {
  api: "API server",
  definitions: "Definitions",
  rights: "Rights of the operator",
  pods: "Operators and routers",
  clock: "Clocks",
  versions: "Versions",
  routes: "Routes",
  domains: "Domains",
  xmpp: "XMPP",
  dns: "DNS",
  tls: "TLS",
};

/** The findings as a person reads them: a paragraph for each check, what to do below what is wrong. */
export function findingsText(findings: readonly Finding[]): string {
  const { warnings, problems } = summaryOf(findings);
  const paragraphs = CHECKS.flatMap((check) => {
    const these = findings.filter((finding) => finding.check === check);
    return these.length === 0 ? [] : [paragraph(TITLES[check], these)];
  });
  const all =
    problems + warnings === 0
      ? "All is well."
      : `${count(problems, "problem")}, ${count(warnings, "warning")}.`;
  return `${[...paragraphs, all].join("\n\n")}\n`;
}

function paragraph(title: string, findings: readonly Finding[]): string {
  const rows = findings.flatMap((finding) => [
    [finding.state, finding.message],
    ...(finding.state === "ok" ? [] : [["", `→ ${finding.fix}`]]),
  ]);
  return [title, ...table(rows).map((line) => `  ${line}`)].join("\n");
}
