/** What each argument that is none of the parts, and none of the test files, is told. */
export function argumentProblems(
  chosen: readonly string[],
  parts: readonly string[],
  isTestFile: (path: string) => boolean,
): readonly string[] {
  return chosen
    .filter((argument) => !parts.includes(argument) && !isTestFile(argument))
    .map((argument) => `${argument} matches nothing: it is no test file, and no part (${parts.join(", ")})`);
}
