/** The longest frame taken: evapi closes the connection above 32 kB, and nothing sent here comes near. */
const MAX_LENGTH = 65_535;

const COLON = 0x3a;
const COMMA = 0x2c;
const ZERO = 0x30;
const NINE = 0x39;

/** Frames one message, `5:hello,` (D. J. Bernstein, "Netstrings", 1997). */
export function netstring(message: string): string {
  return `${Buffer.byteLength(message)}:${message},`;
}

/** Takes a byte stream apart into netstrings, wherever its chunks end. */
export class NetstringParser {
  #rest: Buffer = Buffer.alloc(0);

  /** The messages that are complete with this chunk. Throws on what is no netstring: the stream is lost then. */
  push(chunk: Buffer): string[] {
    const data = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const messages: string[] = [];
    let offset = 0;
    for (;;) {
      const frame = frameAt(data, offset);
      if (frame === undefined) break;
      messages.push(data.toString("utf8", frame.start, frame.end));
      offset = frame.end + 1;
    }
    this.#rest = data.subarray(offset);
    return messages;
  }
}

function frameAt(data: Buffer, offset: number): { start: number; end: number } | undefined {
  let length = 0;
  let at = offset;
  for (; at < data.length && data[at] !== COLON; at++) {
    length = length * 10 + digitAt(data, at);
    if (length > MAX_LENGTH) throw new Error(`netstring is longer than ${MAX_LENGTH} bytes`);
  }
  if (at >= data.length) return undefined;
  if (at === offset) throw new Error("netstring without a length");
  const start = at + 1;
  const end = start + length;
  if (end >= data.length) return undefined;
  if (data[end] !== COMMA) throw new Error("netstring does not end in a comma");
  return { start, end };
}

function digitAt(data: Buffer, at: number): number {
  const byte = data[at] ?? 0;
  if (byte < ZERO || byte > NINE) throw new Error(`netstring length contains byte ${byte}`);
  return byte - ZERO;
}
