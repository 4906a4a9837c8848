/** Part of main.ts: the keys of dialogs, from their Secret to the router of every replica. */
import type { Logger } from "pino";
import type { Config } from "../config/types.ts";
import type { KubernetesClient } from "../kubernetes/client.ts";
import { DialogKeys } from "../kubernetes/dialog-keys.ts";
import { fingerprint } from "../kubernetes/dialog-secret.ts";
import type { ReplicaLease } from "../kubernetes/replica-lease.ts";
import type { ReplicaView } from "../kubernetes/replica-view.ts";
import type { SipRouter } from "../router/sip-router.ts";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
/** What a replica that starts needs at most from reading the Secret to saying so on its Lease, with time to spare. */
const OVERLAP_MS = 5 * MINUTE;

export interface DialogKeyJoints {
  readonly config: Pick<Config, "dialogs" | "kubernetes">;
  readonly client: KubernetesClient;
  readonly leader: { readonly leader: boolean };
  readonly replica: Pick<ReplicaLease, "publish">;
  readonly replicas: Pick<ReplicaView, "allAcceptDialogKey">;
  /** Undefined until it is there. */
  readonly router: () => SipRouter | undefined;
  /** The keys are known: there can be a router. */
  readonly first: (keys: readonly string[]) => void;
  readonly log: Logger;
}

export function joinDialogKeys(joints: DialogKeyJoints): DialogKeys {
  const { config, client, leader, replica, replicas, router, first, log } = joints;
  const { keyRotationDays, lifetimeDays } = config.dialogs;
  const accept = async (keys: readonly string[]): Promise<void> => {
    try {
      const known = router();
      if (known === undefined) first(keys);
      else await known.setDialogKeys(keys);
      replica.publish({ dialogKeys: keys.map(fingerprint) });
    } catch (error) {
      log.debug({ err: error }, "stopped before the router had taken the dialog keys");
    }
  };
  return new DialogKeys({
    client,
    installation: config.kubernetes.installation,
    policy: { rotationMs: keyRotationDays * DAY, overlapMs: OVERLAP_MS, lifetimeMs: lifetimeDays * DAY },
    changed: (keys) => void accept(keys),
    isLeader: () => leader.leader,
    isEverywhere: (key) => replicas.allAcceptDialogKey(key),
    log,
  });
}
