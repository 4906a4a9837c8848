import type { Edit, Failure, SessionView } from "../types.ts";

const ROOT = "/console/api";

/** The server has answered, and the answer is no. */
export class Refused extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Reads something. @throws Refused where the server says no, another error where it does not answer. */
export async function read<T>(
  path: string,
  query: Readonly<Record<string, string | number | undefined>> = {},
  signal?: AbortSignal,
): Promise<T> {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    if (value !== undefined && value !== "") parameters.set(name, String(value));
  const text = parameters.size > 0 ? `?${parameters.toString()}` : "";
  return answerOf<T>(await fetch(`${ROOT}/${path}${text}`, { ...(signal && { signal }) }));
}

export async function logIn(token: string): Promise<SessionView> {
  return post<SessionView>("login", { token });
}

export async function logOut(): Promise<void> {
  await post("logout", {});
}

export async function edit(change: Edit): Promise<void> {
  await post("edits", change);
}

async function post<T>(path: string, body: object): Promise<T> {
  const headers = { "Content-Type": "application/json" };
  return answerOf<T>(await fetch(`${ROOT}/${path}`, { method: "POST", headers, body: JSON.stringify(body) }));
}

async function answerOf<T>(response: Response): Promise<T> {
  if (response.ok) return (await response.json()) as T;
  const text = await response.text();
  throw new Refused(response.status, errorOf(text) ?? `the server answered ${response.status}`);
}

function errorOf(text: string): string | undefined {
  try {
    return (JSON.parse(text) as Partial<Failure>).error;
  } catch {
    return undefined;
  }
}

/** What a person is told of something that went wrong. */
export function messageOf(error: unknown): string {
  if (error instanceof Refused) return sentence(error.message);
  return "The operator does not answer. Is the port-forward still running?";
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}`;
}
