const NEWLINE = 0x0a;

/**
 * The lines of a byte stream, without their ends. What follows the last newline is not a line. `onBytes` hears of
 * everything that comes, whole lines or not.
 */
export async function* lines(stream: AsyncIterable<Buffer>, onBytes?: () => void): AsyncGenerator<string> {
  let partial: Buffer[] = [];
  for await (const chunk of stream) {
    onBytes?.();
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      const rest = chunk.subarray(start, end);
      yield partial.length === 0 ? rest.toString("utf8") : Buffer.concat([...partial, rest]).toString("utf8");
      partial = [];
      start = end + 1;
    }
    if (start < chunk.length) partial.push(chunk.subarray(start));
  }
}
