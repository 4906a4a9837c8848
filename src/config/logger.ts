import { type Logger, pino } from "pino";
import type { LogConfig } from "./types.ts";

/** Structured lines on standard output, each with the name of its pod. */
export function createLogger({ level }: LogConfig, pod: string, destination = pino.destination(1)): Logger {
  return pino({ level, base: { pod }, serializers: { err: describeError } }, destination);
}

/** A stack trace is for a bug: what the API server or the network refused is told by its message. */
function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const described: Record<string, unknown> = { ...pino.stdSerializers.err(error) };
  if (isOperational(error)) delete described.stack;
  return described;
}

/** An answer of the API server, or an error of the system (`code`: ECONNREFUSED and the like). */
function isOperational(error: Error): boolean {
  return error.name === "ApiError" || ("code" in error && typeof error.code === "string");
}
