import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { type ConsoleBedOptions, startConsole } from "../../../support/console-bed.ts";

interface Request {
  readonly method?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A console that ends with the test, and what sends requests to it. */
export async function start(t: TestContext, options: ConsoleBedOptions = {}) {
  const bed = await startConsole(options);
  t.after(() => bed.stop());
  const send = (path: string, { method = "GET", body, headers = {} }: Request = {}) =>
    fetch(`${bed.url}${path}`, {
      method,
      redirect: "manual",
      headers: { ...(body !== undefined && { "Content-Type": "application/json" }), ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  return { ...bed, send };
}

export type Started = Awaited<ReturnType<typeof start>>;

/** The answer to a login, and the headers that its session needs. */
export async function logIn({ send }: Started, token: string) {
  const response = await send("/console/api/login", { method: "POST", body: { token } });
  const cookie = response.headers.get("set-cookie")?.split(";")[0] ?? "";
  return { response, headers: { cookie } };
}

/** The events of a stream, as they come. */
export async function listen(t: TestContext, { send }: Started, headers: Readonly<Record<string, string>>) {
  const response = await send("/console/api/events", { headers });
  assert.equal(response.headers.get("content-type"), "text/event-stream");
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  t.after(() => reader.cancel());
  let text = "";
  /** The data of the next event of this name; undefined at the end of the stream. */
  const next = async (name: string): Promise<unknown> => {
    for (;;) {
      const [event, data] = /event: (\w+)\ndata: (.*)\n\n/.exec(text)?.slice(1) ?? [];
      if (data !== undefined) text = text.slice(text.indexOf("\n\n", text.indexOf("data: ")) + 2);
      if (event === name && data !== undefined) return JSON.parse(data) as unknown;
      if (data !== undefined) continue;
      const { done, value } = await reader.read();
      if (done) return undefined;
      text += new TextDecoder().decode(value);
    }
  };
  return next;
}
