import type { SessionView } from "../types.ts";
import type { Live } from "./live.ts";

/** What every page is given. */
export interface Context {
  readonly session: SessionView;
  readonly live: Live;
  /** Fires when the page is left. */
  readonly signal: AbortSignal;
  /** Goes to another page, by its path with query below the console. */
  go(path: string): void;
  /** Keeps what is shown in the address, without a new page. */
  remember(query: Readonly<Record<string, string | undefined>>): void;
  /** Says something that is not in view: a message that goes by itself, read aloud. */
  say(text: string, kind?: "good" | "bad"): void;
  /** Something could not be read: says it, or asks for a login. */
  readonly failed: (error: unknown) => void;
}

export interface Page {
  readonly title: string;
  readonly element: HTMLElement;
}

export type PageMaker = (context: Context, query: URLSearchParams) => Page;
