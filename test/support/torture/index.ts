/** All messages of RFC 4475, by section. */
import { invalid } from "./invalid.ts";
import { layers } from "./layers.ts";
import type { TortureMessage } from "./message.ts";
import { valid } from "./valid.ts";

export const tortureMessages: readonly TortureMessage[] = [...valid, ...invalid, ...layers];
