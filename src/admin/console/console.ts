import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { type Answer, text } from "../answer.ts";
import { answerApi, type ApiPorts } from "./api.ts";
import { Assets } from "./assets.ts";
import type { Access } from "../auth/access.ts";
import type { FailedLogins } from "../auth/failed-logins.ts";
import { addressOf } from "../auth/token-gate.ts";
import { type Caller, failure, foreignPage, Guard } from "./auth/guard.ts";
import { Sessions } from "./auth/sessions.ts";
import { Feed } from "./feed.ts";
import { data, readJson, SECURITY_HEADERS, send } from "./http.ts";
import type { SessionView, Viewer } from "./types.ts";

export interface ConsoleOptions extends ApiPorts {
  readonly identity: Pick<SessionView, "namespace" | "pod" | "version" | "localDomains">;
  readonly access: Access<Viewer>;
  readonly failures: FailedLogins;
  readonly log: {
    info(fields: object, message: string): void;
    error(fields: object, message: string): void;
  };
  /** Milliseconds on a clock that never goes back. */
  readonly now: () => number;
}

const ROOT = "/console";
const API = `${ROOT}/api/`;
const ASSETS = `${ROOT}/assets/`;
/** Each is the same file: what it shows is in its address. */
const PAGES = new Set([`${ROOT}/`, `${ROOT}/domains`, `${ROOT}/routes`, `${ROOT}/explain`]);
/** How often it is asked whether those who listen still may; milliseconds. */
const RECHECK_MS = 60_000;

/** The web console: its files, its API, and its live events. Nothing but the files is served without a login. */
export class Console {
  readonly feed = new Feed();
  readonly #options: ConsoleOptions;
  readonly #assets = new Assets();
  readonly #sessions: Sessions;
  readonly #guard: Guard;
  readonly #cookie: string;
  readonly #recheck: NodeJS.Timeout;

  constructor(options: ConsoleOptions) {
    const { access, failures, identity, now } = options;
    this.#options = options;
    this.#sessions = new Sessions(now);
    this.#cookie = cookieName(identity);
    this.#guard = new Guard({ access, failures, sessions: this.#sessions, cookie: this.#cookie });
    this.#recheck = setInterval(() => {
      this.#sessions.expire();
      void this.feed.recheck();
    }, RECHECK_MS).unref();
  }

  /** Whether a request is for the console. */
  serves(path: string): boolean {
    return path === "/" || path === ROOT || path.startsWith(`${ROOT}/`);
  }

  async serve(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    try {
      const answer = await this.#answer(request, response, url);
      if (answer) send(request, response, answer);
    } catch (error) {
      this.#options.log.error({ err: error, path: url.pathname }, "a request of the console failed");
      if (!response.headersSent)
        send(request, response, failure(500, "internal error; the operator's log has the reason"));
    }
  }

  /** Ends all streams. */
  stop(): void {
    clearInterval(this.#recheck);
    this.feed.stop();
  }

  /** Undefined where the response has been taken over. */
  async #answer(request: IncomingMessage, response: ServerResponse, url: URL): Promise<Answer | undefined> {
    const { pathname: path } = url;
    if (path === "/" || path === ROOT) return text(302, "", { Location: `${ROOT}/` });
    if (path.startsWith(API)) return this.#api(request, response, url);
    if (request.method !== "GET" && request.method !== "HEAD")
      return text(405, "only GET and HEAD are served here", { Allow: "GET, HEAD" });
    const file = PAGES.has(path) ? "index.html" : path.startsWith(ASSETS) ? path.slice(ASSETS.length) : "";
    return this.#assets.answer(file, request) ?? text(404, "not found");
  }

  async #api(request: IncomingMessage, response: ServerResponse, url: URL): Promise<Answer | undefined> {
    const path = url.pathname.slice(API.length);
    if (path === "login" && request.method === "POST") return this.#login(request);
    if (path === "logout" && request.method === "POST") return this.#logout(request);
    // who opens the page for the first time has done nothing wrong
    if (path === "session" && this.#isNobody(request)) return data({});
    const guarded = await this.#guard.check(request);
    if (!guarded.ok) return guarded.answer;
    const { caller } = guarded;
    if (path === "session") return data(this.#view(caller));
    if (path === "events") return this.#listen(response, caller);
    const answer = await answerApi(this.#options, path, url, request, caller);
    return answer ?? failure(404, "there is no such path");
  }

  #isNobody(request: IncomingMessage): boolean {
    return request.headers.authorization === undefined && !this.#guard.session(request);
  }

  async #login(request: IncomingMessage): Promise<Answer> {
    const foreign = foreignPage(request);
    if (foreign) return foreign;
    const body = (await readJson(request)) as { readonly token?: unknown } | null | undefined;
    const token = typeof body?.token === "string" ? body.token.trim() : "";
    const guarded = await this.#guard.checkToken(token, addressOf(request));
    if (!guarded.ok) return guarded.answer;
    const id = this.#sessions.begin(token);
    this.#options.log.info({ user: guarded.caller.viewer.user }, "logged in to the console");
    return data(this.#view(guarded.caller), { "Set-Cookie": this.#setCookie(request, id) });
  }

  #logout(request: IncomingMessage): Answer {
    const foreign = foreignPage(request);
    if (foreign) return foreign;
    const session = this.#guard.session(request);
    if (session) {
      this.#sessions.end(session.key);
      this.feed.end(session.key);
    }
    return data({}, { "Set-Cookie": `${this.#setCookie(request, "")}; Max-Age=0` });
  }

  #listen(response: ServerResponse, { key, token, hasSession }: Caller): Answer | undefined {
    if (!this.feed.hasRoom(key)) return failure(503, "too many pages are open");
    const mayListen = async (): Promise<boolean> => {
      if (hasSession && !this.#sessions.byKey(key)) return false;
      const { outcome } = await this.#options.access.check(token);
      return outcome === "allowed" || outcome === "unavailable";
    };
    this.feed.add(response, { key, mayListen, greeting: this.#options.data.pulse() }, SECURITY_HEADERS);
    return undefined;
  }

  #view({ viewer }: Caller): SessionView {
    const { identity, edit } = this.#options;
    return { ...identity, user: viewer.user, may: edit ? viewer.may : NOTHING };
  }

  /** `Secure` where a proxy in front of us says that it speaks HTTPS. */
  #setCookie({ headers }: IncomingMessage, id: string): string {
    const secure = headers["x-forwarded-proto"] === "https" ? "; Secure" : "";
    return `${this.#cookie}=${id}; Path=${ROOT}; HttpOnly; SameSite=Strict${secure}`;
  }
}

const NOTHING = { changeDomains: false, addDomains: false, removeDomains: false, changeRoutes: false };

/** Browsers do not tell the ports of a host apart: two port-forwards at once are two cookies. */
function cookieName({ namespace, pod }: ConsoleOptions["identity"]): string {
  return `sipfed-${createHash("sha256").update(`${namespace}/${pod}`).digest("hex").slice(0, 10)}`;
}
