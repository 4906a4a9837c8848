/** The locked part of building the control plane: run under flock(1) with the directory to build into. */
import { compileControlPlane } from "./control-plane.ts";
import { say } from "./progress.ts";

const directory = process.argv[2];
if (directory === undefined) throw new Error("usage: build-control-plane.ts DIRECTORY");
await compileControlPlane(directory, say);
