import type { Explanation } from "../federation/explain.ts";
import { Failure, Misuse, type Command, type Terminal } from "./command.ts";
import { readExplainArguments, usage } from "./explain-arguments.ts";
import { explanationText } from "./explain-text.ts";
import { askOperator, type OperatorAnswer } from "./operator.ts";

/** `sipfed explain URI`: asks an operator's /explain, and shows what it says. */
export const explain: Command = {
  summary: "what would happen to a SIP request, and why",
  usage,
  run: async (args, terminal) => {
    const { question, output, operator } = readExplainArguments(args);
    const answer = await askOperator(operator, `/explain?${new URLSearchParams(question).toString()}`);
    return show(answer, question, output, terminal);
  },
};

function show(
  answer: OperatorAnswer,
  question: Readonly<Record<string, string>>,
  output: "text" | "json",
  terminal: Terminal,
): number {
  const explanation = read(answer, question);
  if (output === "json") terminal.out(`${JSON.stringify(explanation, null, 2)}\n`);
  else terminal.out(explanationText(explanation, question, answer.from));
  return isServed(explanation) ? 0 : 1;
}

function isServed({ action, status = 0, nextHop }: Explanation): boolean {
  if (action === "gateway") return true;
  return action === "relay" ? nextHop !== undefined : status >= 200 && status < 300;
}

function read(
  { status, body, from }: OperatorAnswer,
  question: Readonly<Record<string, string>>,
): Explanation {
  const content = parse(body);
  if (status === 200 && isExplanation(content)) return content;
  if (status === 200)
    throw new Failure(
      `${from} answers /explain in another form: use a sipfed of the same version as the operator`,
    );
  const { error, parameter } = (content ?? {}) as { error?: string; parameter?: string };
  if (status === 400 && error !== undefined) throw new Misuse(named(error, parameter, question));
  throw new Failure(`${from} answered with ${status}: ${error ?? body.trim()}`);
}

/** The operator speaks of its parameters: on the command line all but the URI are options. */
function named(
  error: string,
  parameter: string | undefined,
  question: Readonly<Record<string, string>>,
): string {
  const value = question[parameter ?? ""] ?? "";
  return error.replace(/^\w+:/, parameter === "uri" ? value : `--${parameter ?? ""} ${value}`);
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function isExplanation(content: unknown): content is Explanation {
  if (typeof content !== "object" || content === null) return false;
  const { summary, because, candidates, caching } = content as Partial<Explanation>;
  return (
    typeof summary === "string" && Array.isArray(because) && Array.isArray(candidates) && Boolean(caching)
  );
}
