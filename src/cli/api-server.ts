import * as http from "node:http";
import * as https from "node:https";
import { text } from "node:stream/consumers";
import type { KubeConfig } from "@kubernetes/client-node";
import { type Cluster, kubeConfigOf, namespaceOf } from "./cluster.ts";
import { Failure, Refusal } from "./command.ts";
import { reasonOf } from "./operator.ts";

/** What an API server answered. */
export interface ApiAnswer {
  readonly status: number;
  readonly body: string;
  /** When it answered, by its own clock; undefined where it does not say (RFC 9110 §6.6.1), or something between us did. */
  readonly date: Date | undefined;
}

/** Milliseconds for a call, from the first byte to the last. */
const TIMEOUT = 15_000;
/** Objects in a page of a list. */
const PAGE = 500;
/** Times that a list is begun anew when it took longer than the API server keeps it. */
const MAX_RESTARTS = 3;

/** The API server of a kubeconfig, as the person at the terminal may use it. */
export class ApiServer {
  readonly kubeConfig: KubeConfig;
  readonly namespace: string;
  readonly server: string;

  /** @throws Failure where there is no kubeconfig */
  constructor(cluster: Cluster) {
    this.kubeConfig = kubeConfigOf(cluster);
    this.namespace = namespaceOf(cluster, this.kubeConfig);
    this.server = this.kubeConfig.getCurrentCluster()?.server ?? "";
  }

  /** @throws Refusal for an answer other than 2xx, Failure where there is none */
  async get(path: string): Promise<unknown> {
    return JSON.parse(this.#accepted(await this.call("GET", path), path).body);
  }

  /** @throws Refusal for an answer other than 2xx, Failure where there is none */
  async post(path: string, body: object): Promise<unknown> {
    return JSON.parse(this.#accepted(await this.call("POST", path, JSON.stringify(body)), path).body);
  }

  /**
   * All objects of a list, a page at a time: with 100,000 of them nobody wants to hold the text of all.
   * @param path of the list
   * @param query beside the page
   * @param pick what is kept of an object; undefined: nothing
   * @throws Refusal, Failure
   */
  async list<T>(
    path: string,
    query: Readonly<Record<string, string>>,
    pick: (object: unknown) => T | undefined,
  ): Promise<T[]> {
    for (let restarts = 0; ; restarts += 1) {
      try {
        return await this.#pages(path, query, pick);
      } catch (error) {
        const isExpired = error instanceof Refusal && error.status === 410;
        if (!isExpired || restarts === MAX_RESTARTS) throw error;
      }
    }
  }

  /** One call, whatever it is answered with. Throws `Failure` where the API server does not answer. */
  async call(method: "GET" | "POST", path: string, body?: string): Promise<ApiAnswer> {
    try {
      const response = await this.#send(method, path, body);
      const date = new Date(response.headers.date ?? NaN);
      return {
        status: response.statusCode ?? 0,
        body: await text(response),
        date: Number.isNaN(date.getTime()) ? undefined : date,
      };
    } catch (error) {
      const why = `the API server ${this.server} does not answer (${reasonOf(error)}): look at --kubeconfig and --context`;
      throw new Failure(why, { cause: error });
    }
  }

  async #pages<T>(
    path: string,
    query: Readonly<Record<string, string>>,
    pick: (object: unknown) => T | undefined,
  ): Promise<T[]> {
    const picked: T[] = [];
    let next: string | undefined = "";
    while (next !== undefined) {
      const page = new URLSearchParams({
        ...query,
        limit: String(PAGE),
        ...(next !== "" && { continue: next }),
      });
      const list = (await this.get(`${path}?${page.toString()}`)) as ListPage;
      for (const object of list.items) {
        const part = pick(object);
        if (part !== undefined) picked.push(part);
      }
      next = list.metadata.continue === "" ? undefined : list.metadata.continue;
    }
    return picked;
  }

  async #send(method: string, path: string, body: string | undefined): Promise<http.IncomingMessage> {
    const credentials: http.OutgoingHttpHeaders = {};
    const options = { method, signal: AbortSignal.timeout(TIMEOUT), headers: credentials };
    await this.kubeConfig.applyToHTTPSOptions(options);
    const headers = {
      ...credentials,
      accept: "application/json",
      "user-agent": "sipfed",
      ...(body !== undefined && { "content-type": "application/json" }),
    };
    const url = new URL(`${this.server.replace(/\/$/, "")}${path}`);
    const { request } = url.protocol === "http:" ? http : https;
    return new Promise((resolve, reject) => {
      request(url, { ...options, headers }, resolve)
        .on("error", reject)
        .end(body);
    });
  }

  #accepted(answer: ApiAnswer, path: string): ApiAnswer {
    const { status, body } = answer;
    if (status >= 200 && status < 300) return answer;
    throw new Refusal(status, this.#words(status, messageOf(body), path));
  }

  #words(status: number, message: string, path: string): string {
    if (status === 401)
      return `the API server ${this.server} does not know you: log in anew, or look at --context`;
    return message === "" ? `the API server ${this.server} answered with ${status} to ${path}` : message;
  }
}

interface ListPage {
  readonly metadata: { readonly continue?: string };
  readonly items: readonly unknown[];
}

/** The message of a `Status` (meta/v1); empty where the answer is none. */
function messageOf(body: string): string {
  try {
    const { message } = JSON.parse(body) as { message?: unknown };
    return typeof message === "string" ? message : "";
  } catch {
    return "";
  }
}
