import { Failure, Refusal } from "../../command.ts";
import type { Told } from "../types.ts";

/** What comes of a question: the reason where nobody answers. What is no `Failure` is a bug, and stays one. */
export async function told<T>(ask: () => Promise<T>): Promise<Told<T>> {
  try {
    return { ok: true, value: await ask() };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { ok: false, why: error.message, status: error instanceof Refusal ? error.status : undefined };
  }
}
