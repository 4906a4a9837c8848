import type { VerdictChanges } from "../federation/types.ts";
import type { Notice, UidOf } from "./notices.ts";
import { Openness } from "./openness.ts";
import type { Kind } from "./statuses.ts";

export interface StoryLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/** What the log tells of the resources, once each: federation opens or closes, an object is not accepted. */
export class Story {
  readonly #log: StoryLog;
  readonly #openness: Openness;
  /** By kind and name, the last words on an object that is not accepted. */
  readonly #refused = new Map<string, string>();
  #open: boolean | undefined;

  constructor(log: StoryLog, uidOf: UidOf) {
    this.#log = log;
    this.#openness = new Openness(uidOf);
  }

  /**
   * A table is in force. Returns what becomes an Event.
   * @param openRoutes names of the StaticRoutes that open federation
   * @param refusals those among the changed objects that are not accepted
   */
  tell(
    openRoutes: readonly string[],
    { routes, domains }: VerdictChanges,
    refusals: readonly Notice[],
  ): readonly Notice[] {
    this.#tellOpen(openRoutes.length > 0);
    const refused = new Set(refusals.map(({ regarding: { kind, name } }) => keyOf(kind, name)));
    for (const name of routes) this.#settle(keyOf("StaticRoute", name), refused);
    for (const name of domains) this.#settle(keyOf("FederatedDomain", name), refused);
    for (const refusal of refusals) this.#refuse(refusal);
    return [...this.#openness.look(openRoutes), ...refusals];
  }

  #tellOpen(open: boolean): void {
    if (open !== this.#open) this.#log.info({ open }, open ? OPEN : CLOSED);
    this.#open = open;
  }

  #settle(key: string, refused: ReadonlySet<string>): void {
    if (!refused.has(key)) this.#refused.delete(key);
  }

  #refuse({ regarding: { kind, name }, reason, note }: Notice): void {
    const key = keyOf(kind, name);
    if (this.#refused.get(key) === note) return;
    this.#refused.set(key, note);
    this.#log.warn({ kind, name, reason }, `not accepted: ${note}`);
  }
}

const OPEN = "federation is open: new domains are discovered";
const CLOSED = "federation is closed: no new domains by the default route";

function keyOf(kind: Kind, name: string): string {
  return `${kind}/${name}`;
}
