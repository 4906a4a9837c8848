import type { IncomingMessage } from "node:http";
import type { Answer } from "../answer.ts";
import { readExplainQuery } from "../explain-query.ts";
import type { SipRequest } from "../../federation/types.ts";
import { type Caller, failure } from "./auth/guard.ts";
import type { DomainIndex } from "./domains/index.ts";
import { readPageQuery } from "./domains/query.ts";
import { type Edited, readEdit } from "./edits.ts";
import { data, readJson } from "./http.ts";
import type {
  DomainDetails,
  Edit,
  Explanation,
  History,
  Overview,
  PulseEvent,
  Range,
  RoutesView,
} from "./types.ts";

/** What the pages show. */
export interface ConsoleData {
  readonly domains: DomainIndex;
  /** The objects have been read from the API server. */
  synced(): boolean;
  details(domain: string): Promise<DomainDetails | undefined>;
  routes(): RoutesView;
  overview(): Overview;
  pulse(): PulseEvent;
  history(range: Range): History;
  explain(request: SipRequest): Promise<Explanation>;
}

export interface ApiPorts {
  readonly data: ConsoleData;
  /** Changes the objects with the caller's own token; undefined where the console only reads. */
  readonly edit: ((caller: Caller, edit: Edit) => Promise<Edited>) | undefined;
}

const NOT_SYNCED = failure(503, "the API server has not been read yet: try again soon");

/** Answers a request of somebody who may ask; undefined where there is no such path. `path`: below the API's. */
export async function answerApi(
  ports: ApiPorts,
  path: string,
  url: URL,
  request: IncomingMessage,
  caller: Caller,
): Promise<Answer | undefined> {
  if (path === "edits") return edited(ports, request, caller);
  const read = READS[path] ?? (path.startsWith("domains/") ? details : undefined);
  if (!read) return undefined;
  if (request.method !== "GET" && request.method !== "HEAD")
    return { ...failure(405, "only GET and HEAD are served here"), headers: { Allow: "GET, HEAD" } };
  return ports.data.synced() ? read(ports.data, url) : NOT_SYNCED;
}

type Reader = (source: ConsoleData, url: URL) => Answer | Promise<Answer>;

const READS: Readonly<Record<string, Reader>> = {
  overview: (source) => data(source.overview()),
  routes: (source) => data(source.routes()),
  history: (source, url) => {
    const range = url.searchParams.get("range") ?? "hour";
    if (range !== "hour" && range !== "day") return failure(400, "range is neither hour nor day", "range");
    return data(source.history(range));
  },
  domains: (source, url) => {
    const read = readPageQuery(url.searchParams);
    if (!read.ok) return failure(400, `${read.parameter} ${read.problem}`, read.parameter);
    const { query, offset, limit } = read.value;
    return data(source.domains.page(query, offset, limit));
  },
  explain: async (source, url) => {
    const query = readExplainQuery(url.search);
    if (!query.ok) return failure(400, `${query.parameter}: ${query.problem}`, query.parameter);
    return data(await source.explain(query.request));
  },
};

async function details(source: ConsoleData, url: URL): Promise<Answer> {
  const name = url.pathname.split("/").at(-1) ?? "";
  const found = await source.details(name);
  return found ? data(found) : failure(404, "there is no such FederatedDomain");
}

async function edited({ edit }: ApiPorts, request: IncomingMessage, caller: Caller): Promise<Answer> {
  if (request.method !== "POST")
    return { ...failure(405, "only POST is served here"), headers: { Allow: "POST" } };
  if (!edit) return failure(403, "this console only reads: console.edits is off");
  const read = readEdit(await readJson(request));
  if (!read.ok) return failure(400, `${read.parameter} ${read.problem}`, read.parameter);
  const outcome = await edit(caller, read.value);
  return outcome.ok ? data({}) : failure(outcome.status, outcome.error);
}
