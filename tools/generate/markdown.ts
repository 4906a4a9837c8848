/** Text as code. */
export function code(text: string): string {
  return `\`${text}\``;
}

/** Plain text with code in backticks, or in single quotes without a space, for Markdown. */
export function markdown(text: string): string {
  return text
    .replace(/'([^' ]+)'/g, "`$1`")
    .split(/(`[^`]*`)/)
    .map((part) => (part.startsWith("`") ? part : part.replace(/[*_<]/g, "\\$&")))
    .join("");
}

export function list(items: readonly string[]): string {
  return items.map((item) => `- ${item}`).join("\n");
}

export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(header), line(header.map(() => "---")), ...rows.map(line)].join("\n");
}
