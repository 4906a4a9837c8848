import { readFileSync } from "node:fs";

/** 128 bits and more. */
const KEY = /^[0-9a-f]{32,}$/i;

export type DialogKey =
  { readonly ok: true; readonly key: string | undefined } | { readonly ok: false; readonly problem: string };

/** Reads the key that marks dialogs. Never tells its content. */
export function readDialogKey(file: string | undefined): DialogKey {
  if (file === undefined) return { ok: true, key: undefined };
  try {
    const key = readFileSync(file, "utf8").trim();
    if (KEY.test(key)) return { ok: true, key };
    return {
      ok: false,
      problem: `${file} does not hold 32 hexadecimal digits or more; try: openssl rand -hex 32`,
    };
  } catch (error) {
    return { ok: false, problem: `cannot be read: ${(error as Error).message}` };
  }
}
