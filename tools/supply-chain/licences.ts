/** Licences of the npm packages that the operator runs with, as package-lock.json has them. */

export interface Dependency {
  readonly name: string;
  readonly version: string;
  /** SPDX expression. */
  readonly licence: string;
}

/** Licences that go with Apache-2.0 in an image, and ask for no more than their text. */
export const ALLOWED: ReadonlySet<string> = new Set([
  "0BSD",
  "Apache-2.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "BlueOak-1.0.0",
  "CC0-1.0",
  "ISC",
  "MIT",
  "PSF-2.0",
  "Python-2.0",
  "Unlicense",
]);

interface LockedPackage {
  readonly version?: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly devOptional?: boolean;
  readonly link?: boolean;
}

/** The production dependencies of a lock file, by name; what says no licence has `unknown`. */
export function dependenciesOf(lock: string): readonly Dependency[] {
  const { packages } = JSON.parse(lock) as { packages: Readonly<Record<string, LockedPackage>> };
  const found = Object.entries(packages).flatMap(([path, { version, license, dev, link }]) => {
    if (path === "" || dev === true || link === true) return [];
    const name = path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);
    return [{ name, version: version ?? "", licence: license ?? "unknown" }];
  });
  const unique = new Map(found.map((it) => [`${it.name}@${it.version}`, it]));
  return [...unique.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, it]) => it);
}

/** Whether an SPDX expression can be met by what is allowed: `OR` leaves a choice, `AND` does not. */
export function isAllowed(licence: string): boolean {
  const choices = licence.replace(/[()]/g, "").split(" OR ");
  return choices.some((choice) => choice.split(" AND ").every((one) => ALLOWED.has(one.trim())));
}
