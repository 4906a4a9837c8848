/** The process of the sandbox that runs in this directory; undefined where none does. */
export function runningSandbox(directory: string): number | undefined;

/** Removes the settings that a killed sandbox left: scripts wait for that file. Those of one that runs stay. */
export function removeStaleSettings(directory: string): void;
