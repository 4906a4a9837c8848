import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { runCommand } from "../../../tools/setup/commands.ts";
import { temporaryDirectory } from "../temporary.ts";

const BRANCH = "main";
/** Whoever runs the tests may sign commits, or have hooks: not here. */
const SETTINGS = {
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_SYSTEM: "/dev/null",
  GIT_AUTHOR_NAME: "test",
  GIT_AUTHOR_EMAIL: "test@example.com",
  GIT_COMMITTER_NAME: "test",
  GIT_COMMITTER_EMAIL: "test@example.com",
};

/** What the files of a commit become: objects (as a YAML stream; JSON is YAML), or nothing. */
export type Files = Readonly<Record<string, readonly object[] | undefined>>;

/** A Git repository that Argo CD reads. */
export class GitRepository {
  readonly #directory: string;

  private constructor(directory: string) {
    this.#directory = directory;
  }

  static async create(): Promise<GitRepository> {
    const repository = new GitRepository(temporaryDirectory("git"));
    await repository.#git("init", "--quiet", `--initial-branch=${BRANCH}`);
    return repository;
  }

  get url(): string {
    return pathToFileURL(this.#directory).href;
  }

  /** Writes and removes files, and commits that. Returns the hash of the commit. */
  async commit(message: string, files: Files): Promise<string> {
    for (const [name, objects] of Object.entries(files)) this.#write(name, objects);
    return this.#commit(message);
  }

  /** Commits a copy of a directory. Returns the hash of the commit. */
  async commitCopy(message: string, from: string, to: string): Promise<string> {
    cpSync(from, join(this.#directory, to), { recursive: true });
    return this.#commit(message);
  }

  async #commit(message: string): Promise<string> {
    await this.#git("add", "--all");
    await this.#git("commit", "--quiet", "--allow-empty", "--message", message);
    return (await this.#git("rev-parse", "HEAD")).trim();
  }

  #write(name: string, objects: readonly object[] | undefined): void {
    const path = join(this.#directory, name);
    if (objects === undefined) {
      rmSync(path);
      return;
    }
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, objects.map((object) => `---\n${JSON.stringify(object, undefined, 2)}\n`).join(""));
  }

  async #git(...args: string[]): Promise<string> {
    return runCommand("git", args, { cwd: this.#directory, env: SETTINGS });
  }
}
