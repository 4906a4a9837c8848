import { randomUUID } from "node:crypto";
import { createRestrictedUser, type KubernetesApi } from "./control-plane.ts";

/** Somebody who may do this with both kinds, and a token of theirs. */
export async function viewerOf(
  api: KubernetesApi,
  namespace: string,
  verbs: readonly string[],
  name = `viewer-${randomUUID().slice(0, 8)}`,
): Promise<{ readonly name: string; readonly token: string }> {
  const rules = [{ apiGroups: ["sipfederation.io"], resources: ["staticroutes", "federateddomains"], verbs }];
  const { token } = await createRestrictedUser(api, { namespace, rules, name });
  return { name, token };
}
