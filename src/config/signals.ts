/** What is logged about the end of the process. */
export interface StopLog {
  info(fields: object, message: string): void;
  fatal(fields: object, message: string): void;
}

/**
 * Ends the process in order on SIGTERM and SIGINT: exit code 0 after `stopInOrder`, 1 where that fails. A second signal
 * ends it at once.
 */
export function stopOnSignals(stopInOrder: () => Promise<void>, log: StopLog): void {
  let stopping: Promise<void> | undefined;
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => {
      if (stopping !== undefined) process.exit(1);
      log.info({ why: signal }, "stopping");
      stopping = stopInOrder().then(
        () => process.exit(0),
        (error: unknown) => {
          log.fatal({ err: error }, "could not stop in order");
          process.exit(1);
        },
      );
    });
  }
}
