import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { stripTypeScriptTypes } from "node:module";
import type { IncomingMessage } from "node:http";
import type { Answer } from "../answer.ts";

/** Beside this file; browsers get the TypeScript in it as JavaScript, from the build or, from source, without types. */
const DIRECTORY = join(import.meta.dirname, "web");
const TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  svg: "image/svg+xml",
  js: "text/javascript; charset=utf-8",
  ts: "text/javascript; charset=utf-8",
};
/** One folder at most, and nothing hidden. */
const PATH = /^(?:[a-z-]+\/)?[a-z0-9-]+\.(html|css|svg|js|ts)$/;

interface Asset {
  readonly contentType: string;
  readonly body: string;
  readonly tag: string;
}

/** The files of the pages: few and small, so they are read once. */
export class Assets {
  readonly #directory: string;
  readonly #assets = new Map<string, Asset>();

  constructor(directory = DIRECTORY) {
    this.#directory = directory;
  }

  /** Undefined where there is no such file. `path`: below the folder, without a slash before it. */
  answer(path: string, request: IncomingMessage): Answer | undefined {
    const asset = this.#assets.get(path) ?? this.#read(path);
    if (!asset) return undefined;
    const headers = { ETag: asset.tag, "Cache-Control": "no-cache" };
    const isKnown = request.headers["if-none-match"] === asset.tag;
    return {
      status: isKnown ? 304 : 200,
      contentType: asset.contentType,
      body: isKnown ? "" : asset.body,
      headers,
    };
  }

  #read(path: string): Asset | undefined {
    const extension = PATH.exec(path)?.[1];
    const file = extension === undefined ? undefined : this.#fileOf(path);
    if (file === undefined || extension === undefined) return undefined;
    const text = readFileSync(file, "utf8");
    const body = file.endsWith(".ts") ? stripTypeScriptTypes(text) : text;
    const tag = `"${createHash("sha256").update(body).digest("base64url").slice(0, 20)}"`;
    const asset = { contentType: TYPES[extension] ?? "", body, tag };
    this.#assets.set(path, asset);
    return asset;
  }

  /** Pages ask for `main.js`, which from source is `main.ts`. */
  #fileOf(path: string): string | undefined {
    const names = [path, path.replace(/\.js$/, ".ts")];
    return names.map((name) => join(this.#directory, name)).find((file) => existsSync(file));
  }
}
