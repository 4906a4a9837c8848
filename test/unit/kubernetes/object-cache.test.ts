import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type CacheEntry, ObjectCache } from "../../../src/kubernetes/object-cache.ts";

type World = Map<string, CacheEntry>;
/** What may happen to the objects on the server, and to the connection that tells of it. */
type Step =
  | { readonly kind: "write" | "remove"; readonly name: string }
  | { readonly kind: "relist"; readonly brokenAfter: number | undefined };

const name = fc.constantFrom("a", "b", "c", "d", "e");
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constantFrom("write" as const, "remove" as const), name }),
  fc.record({
    kind: fc.constant("relist" as const),
    brokenAfter: fc.option(fc.nat({ max: 4 }), { nil: undefined }),
  }),
);

/** Plays a server whose events are lost while `connected` is false, until a list is complete. */
class Scenario {
  readonly server: World = new Map();
  /** What somebody knows who listens to the handlers alone. */
  readonly listener: World = new Map();
  readonly cache = new ObjectCache<CacheEntry>({
    upserted: (entry, previous) => {
      deepEqual(this.listener.get(entry.name), previous);
      this.listener.set(entry.name, entry);
    },
    deleted: (entry) => {
      deepEqual(this.listener.get(entry.name), entry);
      this.listener.delete(entry.name);
    },
  });
  #version = 0;
  #connected = true;

  play(one: Step): void {
    if (one.kind === "relist") this.#relist(one.brokenAfter);
    else if (one.kind === "write") this.#write(one.name);
    else this.#remove(one.name);
  }

  disconnect(): void {
    this.#connected = false;
  }

  #write(object: string): void {
    this.#version += 1;
    const uid = this.server.get(object)?.uid ?? `uid-${this.#version}`;
    const entry = { name: object, uid, resourceVersion: String(this.#version) };
    this.server.set(object, entry);
    if (this.#connected) this.cache.set(entry);
  }

  #remove(object: string): void {
    this.server.delete(object);
    if (this.#connected) this.cache.delete(object);
  }

  #relist(brokenAfter: number | undefined): void {
    this.cache.beginReplacement();
    for (const entry of [...this.server.values()].slice(0, brokenAfter)) this.cache.set(entry);
    if (brokenAfter !== undefined) return;
    this.cache.endReplacement();
    this.#connected = true;
  }
}

test("after a complete list the cache, and whoever listens to it, know what the server has", () => {
  fc.assert(
    fc.property(fc.array(step), fc.array(step), (before, after) => {
      const scenario = new Scenario();
      for (const one of before) scenario.play(one);
      scenario.disconnect();
      for (const one of after) scenario.play(one);
      scenario.play({ kind: "relist", brokenAfter: undefined });
      const known = new Map([...scenario.cache.entries()].map((entry) => [entry.name, entry]));
      deepEqual(known, scenario.server);
      deepEqual(scenario.listener, scenario.server);
    }),
  );
});

test("a list that broke off deletes nothing", () => {
  fc.assert(
    fc.property(fc.array(step), fc.nat({ max: 4 }), (steps, brokenAfter) => {
      const scenario = new Scenario();
      for (const one of steps) scenario.play(one);
      const before = new Map(scenario.listener);
      scenario.play({ kind: "relist", brokenAfter });
      for (const known of before.keys()) deepEqual(scenario.cache.get(known)?.name, known);
    }),
  );
});

test("an unchanged object is not mentioned", () => {
  const mentioned: string[] = [];
  const cache = new ObjectCache<CacheEntry>({
    upserted: (entry) => mentioned.push(entry.name),
    deleted: () => undefined,
  });
  const entry = { name: "a", uid: "1", resourceVersion: "1" };
  cache.set(entry);
  cache.beginReplacement();
  cache.set({ ...entry });
  cache.endReplacement();
  deepEqual(mentioned, ["a"]);
});
