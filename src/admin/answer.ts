/** An HTTP response before it is sent. */
export interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One line of plain text. */
export function text(status: number, line: string, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status, contentType: "text/plain; charset=utf-8", body: `${line}\n`, headers };
}

/** A value as indented JSON: people read it in a terminal. */
export function json(status: number, value: unknown): Answer {
  return { status, contentType: "application/json", body: `${JSON.stringify(value, null, 2)}\n` };
}
