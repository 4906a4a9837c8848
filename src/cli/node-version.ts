/** What the Kubernetes client needs; package.json says it to npm, under `engines`. */
const MAJOR = 22;
const MINOR = 19;

/** Why this Node.js cannot run the commands; undefined where it can. */
export function nodeProblem(version: string, program: string): string | undefined {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major > MAJOR || (major === MAJOR && minor >= MINOR)) return undefined;
  return `needs Node.js ${MAJOR}.${MINOR} or later, and ${program} is ${version}: put a newer one first in PATH`;
}
