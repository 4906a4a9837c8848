import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Failure } from "../command.ts";
import { manifestText } from "./manifest.ts";
import type { ExportedDomain } from "./types.ts";

/** What became of the files. */
export interface Written {
  readonly written: number;
  /** They were there, with another content, and are as they were. */
  readonly kept: readonly string[];
}

/**
 * Writes a file `DOMAIN.yaml` for each domain. One that is there already may hold what a person wrote: it stays unless
 * `overwrite` is set.
 * @throws Failure where the directory cannot be written
 */
export async function writeFiles(
  directory: string,
  domains: readonly ExportedDomain[],
  overwrite: boolean,
): Promise<Written> {
  const kept: string[] = [];
  let written = 0;
  try {
    await mkdir(directory, { recursive: true });
    for (const domain of domains) {
      const file = join(directory, `${domain.name}.yaml`);
      const content = manifestText(domain);
      const present = await contentOf(file);
      if (present === content) continue;
      if (present !== undefined && !overwrite) {
        kept.push(file);
        continue;
      }
      await writeFile(file, content);
      written += 1;
    }
  } catch (error) {
    throw new Failure(`${directory} cannot be written: ${(error as Error).message}`, { cause: error });
  }
  return { written, kept };
}

async function contentOf(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
