/** What a page shows in a terminal, and whether that is what happens. */
import { codeIn } from "../../support/documents.ts";

export interface Step {
  /** One command, of several lines where it has a here-document. */
  readonly command: string;
  /** What the page shows below it. */
  readonly shown: string;
}

/** Commands that change nothing: typed again until what they look for is there, as a person would. */
const LOOKING = /^(?:kubectl (?:get|describe)|sipfed|cat|tail) /;

/** What is another each time, and the word that stands for it; columns are as wide as what is in them. */
const VARIABLE: readonly (readonly [RegExp, string])[] = [
  [/\b127\.\d+\.\d+\./g, "127.NET."],
  [/\b(?:\d+[dhms])+\b/g, "AGE"],
  [/ +/g, " "],
];

/** The commands of all `console` blocks, in order. They begin with `$ `; a here-document ends with END. */
export function stepsIn(page: string): Step[] {
  return codeIn(page, "console").flatMap((block) =>
    block
      .split(/^\$ /m)
      .slice(1)
      .map((step) => {
        const [, command = "", shown = ""] = /^([^\n]*<<END\n[^]*?^END|[^\n]*)\n([^]*)$/m.exec(step) ?? [];
        return { command, shown };
      }),
  );
}

export function isLooking({ command }: Step): boolean {
  return LOOKING.test(command);
}

/**
 * Whether this is what the page shows. Its `…` stands for any lines where it is one, and for anything in a line else;
 * addresses are compared by their last number, and ages and the width of columns do not matter. All else has to be the same.
 */
export function isAsShown(printed: string, { shown }: Step): boolean {
  const pattern = constant(shown)
    .split("\n")
    .map((line) => (line === "…" ? "(?:.*\n)*?" : `${line.split("…").map(literally).join(".+")}\n`))
    .join("");
  return new RegExp(`^${pattern}$`).test(`${constant(printed)}\n`);
}

function literally(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}

function constant(text: string): string {
  return VARIABLE.reduce((result, [found, word]) => result.replaceAll(found, word), text.trimEnd());
}
