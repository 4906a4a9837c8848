/** What was measured, as a table for people and as JSON for programs. */

export interface Row {
  /** Name in the JSON; rows that only explain others have none of the aims. */
  readonly key: string;
  readonly what: string;
  readonly value: number;
  /** Empty for a ratio. */
  readonly unit: string;
  readonly aim?: Aim;
}

export type Aim = { readonly atLeast: number } | { readonly atMost: number };

export function meets({ value, aim }: Row): boolean {
  if (aim === undefined) return true;
  return "atLeast" in aim ? value >= aim.atLeast : value <= aim.atMost;
}

/** Lines of a table with aligned columns. */
export function tableOf(rows: readonly Row[]): string {
  const cells = [["", "measured", "aim", ""], ...rows.map(cellsOf)];
  const widths = [0, 1, 2].map((column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const pad = (text: string, column: number): string =>
    column === 0 ? text.padEnd(widths[0] ?? 0) : text.padStart(widths[column] ?? 0);
  return cells.map((row) => row.map(pad).join("  ").trimEnd()).join("\n");
}

/** Values by key. */
export function jsonOf(rows: readonly Row[]): string {
  return `${JSON.stringify(Object.fromEntries(rows.map(({ key, value }) => [key, value])), null, 2)}\n`;
}

function cellsOf(row: Row): string[] {
  const { key, what, value, unit, aim } = row;
  const verdict = meets(row) ? "" : "MISSED";
  return [`${what} [${key}]`, withUnit(value, unit), aim === undefined ? "" : aimText(aim, unit), verdict];
}

function aimText(aim: Aim, unit: string): string {
  return "atLeast" in aim ? `≥ ${withUnit(aim.atLeast, unit)}` : `≤ ${withUnit(aim.atMost, unit)}`;
}

function withUnit(value: number, unit: string): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return `${value.toFixed(digits)}${unit === "" ? "" : ` ${unit}`}`;
}
