import { FEDERATED_DOMAIN, GROUP, STATIC_ROUTE } from "../api/names.ts";
import { ApiError } from "./api-error.ts";
import type { KubernetesClient } from "./client.ts";
import type { ApiResource } from "./resources.ts";

/** What a user may do with the objects of this namespace. */
export interface Rights {
  /** List the FederatedDomains: who may, may look at the rest too. */
  readonly read: boolean;
  readonly changeDomains: boolean;
  readonly addDomains: boolean;
  readonly removeDomains: boolean;
  readonly changeRoutes: boolean;
}

/** `R`: what the user may do of what was asked for. */
export type Reviewed<R> =
  | { readonly ok: true; readonly user: string; readonly rights: R }
  /** The API server does not know the token. */
  | { readonly ok: false; readonly problem: "unknown" }
  /** `away`: it cannot be asked at the moment. `mayNotAsk`: it does not let the operator ask. */
  | { readonly ok: false; readonly problem: "away" | "mayNotAsk"; readonly reason: string };

/** authentication.k8s.io/v1 UserInfo. */
interface UserInfo {
  readonly username?: string;
  readonly uid?: string;
  readonly groups?: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

interface TokenReview {
  readonly status?: { readonly authenticated?: boolean; readonly user?: UserInfo; readonly error?: string };
}

interface SubjectAccessReview {
  readonly status?: { readonly allowed?: boolean };
}

const TOKEN_REVIEWS: ApiResource = {
  group: "authentication.k8s.io",
  version: "v1",
  kind: "TokenReview",
  plural: "tokenreviews",
};
const ACCESS_REVIEWS: ApiResource = {
  group: "authorization.k8s.io",
  version: "v1",
  kind: "SubjectAccessReview",
  plural: "subjectaccessreviews",
};

const QUESTIONS = {
  read: { verb: "list", resource: FEDERATED_DOMAIN.plural },
  changeDomains: { verb: "patch", resource: FEDERATED_DOMAIN.plural },
  addDomains: { verb: "create", resource: FEDERATED_DOMAIN.plural },
  removeDomains: { verb: "delete", resource: FEDERATED_DOMAIN.plural },
  changeRoutes: { verb: "patch", resource: STATIC_ROUTE.plural },
} as const satisfies Record<keyof Rights, Question>;
const METRICS = { verb: "get", path: "/metrics" };

/** Milliseconds for each question: a scrape, which takes two, waits for ten seconds as a rule. */
const DEADLINE_MS = 4_000;

interface Question {
  readonly verb: string;
  readonly resource: string;
}

/** Asks the API server who has a bearer token, and what that user may do here. It never rejects. */
export async function reviewToken(client: KubernetesClient, token: string): Promise<Reviewed<Rights>> {
  return reviewed(client, token, (user) => rightsOf(client, user));
}

/**
 * Asks the API server who has a bearer token, and whether that user may `get` the non-resource URL `/metrics`. It never
 * rejects.
 */
export async function reviewScraper(
  client: KubernetesClient,
  token: string,
): Promise<Reviewed<{ readonly metrics: boolean }>> {
  return reviewed(client, token, async (user) => ({
    metrics: await isAllowed(client, user, { nonResourceAttributes: METRICS }),
  }));
}

async function reviewed<R>(
  client: KubernetesClient,
  token: string,
  rightsOfUser: (user: UserInfo) => Promise<R>,
): Promise<Reviewed<R>> {
  try {
    const { status } = await client.review<TokenReview>(
      TOKEN_REVIEWS,
      { token },
      { deadlineMs: DEADLINE_MS },
    );
    const user = status?.user;
    if (status?.authenticated !== true || user?.username === undefined)
      return { ok: false, problem: "unknown" };
    return { ok: true, user: user.username, rights: await rightsOfUser(user) };
  } catch (error) {
    return problemOf(error);
  }
}

async function rightsOf(client: KubernetesClient, user: UserInfo): Promise<Rights> {
  const may = ({ verb, resource }: Question): Promise<boolean> => {
    const resourceAttributes = { namespace: client.namespace, group: GROUP, verb, resource };
    return isAllowed(client, user, { resourceAttributes });
  };
  const read = await may(QUESTIONS.read);
  if (!read) return NONE;
  const [changeDomains, addDomains, removeDomains, changeRoutes] = await Promise.all([
    may(QUESTIONS.changeDomains),
    may(QUESTIONS.addDomains),
    may(QUESTIONS.removeDomains),
    may(QUESTIONS.changeRoutes),
  ]);
  return { read, changeDomains, addDomains, removeDomains, changeRoutes };
}

const NONE: Rights = {
  read: false,
  changeDomains: false,
  addDomains: false,
  removeDomains: false,
  changeRoutes: false,
};

async function isAllowed(
  client: KubernetesClient,
  { username, uid, groups, extra }: UserInfo,
  attributes: { readonly resourceAttributes: object } | { readonly nonResourceAttributes: object },
): Promise<boolean> {
  const spec = { user: username, uid, groups, extra, ...attributes };
  const options = { deadlineMs: DEADLINE_MS };
  const { status } = await client.review<SubjectAccessReview>(ACCESS_REVIEWS, spec, options);
  return status?.allowed === true;
}

const MAY_NOT_ASK =
  "the operator may not review tokens: it needs the ClusterRole system:auth-delegator, which the chart binds with monitoring.enabled or console.enabled";

function problemOf(error: unknown): Extract<Reviewed<never>, { readonly reason: string }> {
  if (error instanceof ApiError && error.status === 403)
    return { ok: false, problem: "mayNotAsk", reason: MAY_NOT_ASK };
  const message = error instanceof Error ? error.message : String(error);
  return { ok: false, problem: "away", reason: `the API server cannot be asked who this is: ${message}` };
}
