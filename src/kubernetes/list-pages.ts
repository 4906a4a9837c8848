import type { KubernetesClient } from "./client.ts";
import type { ApiList, ApiResource } from "./resources.ts";

/** Small enough that neither side ever holds much of a long list. */
const PAGE_SIZE = 500;

/**
 * A list, page by page, all of the same moment: the `resourceVersion` of each. Throws `ApiError` 410 where it took so
 * long that the API server has forgotten that moment.
 */
export async function* listPages(
  client: KubernetesClient,
  resource: ApiResource,
  { labelSelector, signal }: { readonly labelSelector: string | undefined; readonly signal: AbortSignal },
): AsyncGenerator<ApiList> {
  let next: string | undefined;
  do {
    const query = { limit: PAGE_SIZE, continue: next, labelSelector };
    const page = await client.list<ApiList>(resource, query, { signal });
    yield page;
    next = page.metadata.continue === "" ? undefined : page.metadata.continue;
  } while (next !== undefined);
}
