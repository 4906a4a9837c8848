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

export type Reviewed =
  | { readonly ok: true; readonly user: string; readonly rights: Rights }
  /** The API server does not know the token. */
  | { readonly ok: false; readonly problem: "unknown" }
  /** It cannot be asked at the moment, or does not let the operator ask. */
  | { readonly ok: false; readonly problem: "unavailable"; readonly reason: string };

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
} as const satisfies Record<keyof Rights, { verb: string; resource: string }>;

/** Asks the API server who has a bearer token, and what that user may do here. It never rejects. */
export async function reviewToken(client: KubernetesClient, token: string): Promise<Reviewed> {
  try {
    const { status } = await client.review<TokenReview>(TOKEN_REVIEWS, { token });
    const user = status?.user;
    if (status?.authenticated !== true || user?.username === undefined) return UNKNOWN;
    return { ok: true, user: user.username, rights: await rightsOf(client, user) };
  } catch (error) {
    return { ok: false, problem: "unavailable", reason: reasonOf(error) };
  }
}

const UNKNOWN: Reviewed = { ok: false, problem: "unknown" };

async function rightsOf(client: KubernetesClient, user: UserInfo): Promise<Rights> {
  const read = await isAllowed(client, user, QUESTIONS.read);
  if (!read) return NONE;
  const [changeDomains, addDomains, removeDomains, changeRoutes] = await Promise.all([
    isAllowed(client, user, QUESTIONS.changeDomains),
    isAllowed(client, user, QUESTIONS.addDomains),
    isAllowed(client, user, QUESTIONS.removeDomains),
    isAllowed(client, user, QUESTIONS.changeRoutes),
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
  question: { readonly verb: string; readonly resource: string },
): Promise<boolean> {
  const resourceAttributes = { namespace: client.namespace, group: GROUP, ...question };
  const spec = { user: username, uid, groups, extra, resourceAttributes };
  const { status } = await client.review<SubjectAccessReview>(ACCESS_REVIEWS, spec);
  return status?.allowed === true;
}

function reasonOf(error: unknown): string {
  if (error instanceof ApiError && error.status === 403)
    return "the operator may not review tokens: it needs the ClusterRole system:auth-delegator, which the chart binds with console.enabled";
  const message = error instanceof Error ? error.message : String(error);
  return `the API server cannot be asked who this is: ${message}`;
}
