const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * The first signal that asks this process to end. Those after it change nothing: npm passes on what a terminal has
 * sent to all processes already, and the second copy must not cut the stopping short.
 */
export function interruption(): Promise<NodeJS.Signals> {
  const { promise, resolve } = Promise.withResolvers<NodeJS.Signals>();
  for (const signal of SIGNALS) process.on(signal, resolve);
  return promise.then((signal) => {
    process.stdout.on("error", () => undefined); // whoever reads it through a pipe may have been asked to end as well
    return signal;
  });
}
