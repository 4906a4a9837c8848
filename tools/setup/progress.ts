/** One line a step, and now and then one line of progress: readable on a terminal and in a CI log alike. */

const INTERVAL_MS = 10_000;

/** Prints a line at once. */
export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Prints what `describe` returns every ten seconds until `work` is done, then how long it took. */
export async function withProgress<T>(title: string, describe: () => string, work: Promise<T>): Promise<T> {
  const start = Date.now();
  const seconds = (): number => Math.round((Date.now() - start) / 1000);
  say(title);
  const timer = setInterval(() => {
    say(`  … ${describe()} (${seconds()} s)`);
  }, INTERVAL_MS);
  try {
    const result = await work;
    say(`${title}: done in ${seconds()} s`);
    return result;
  } finally {
    clearInterval(timer);
  }
}
