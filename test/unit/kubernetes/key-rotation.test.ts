import { deepEqual, equal, match } from "node:assert/strict";
import { test } from "node:test";
import { acceptedKeys, type DialogSecret, readSecret } from "../../../src/kubernetes/dialog-secret.ts";
import { nextStep, type RotationPolicy } from "../../../src/kubernetes/key-rotation.ts";

const A = "a".repeat(64);
const B = "b".repeat(64);
const C = "c".repeat(64);
const POLICY: RotationPolicy = { rotationMs: 1_000, overlapMs: 10, lifetimeMs: 100 };

/** A Secret as an API server would keep it. */
class Stored {
  data: Record<string, string> = {};
  annotations: Record<string, string> = {};

  constructor(entries: Readonly<Record<string, string>>) {
    for (const [entry, key] of Object.entries(entries)) this.enter(entry, key);
  }

  /** What a person does. */
  enter(entry: string, key: string): void {
    this.data[entry] = Buffer.from(`${key}\n`).toString("base64");
  }

  get secret(): DialogSecret {
    return readSecret({ metadata: { resourceVersion: "1", annotations: this.annotations }, data: this.data });
  }

  /** Which keys are accepted, one letter each; the first makes marks. */
  accepted(now: number): string {
    return acceptedKeys(this.secret, now)
      .map(([letter]) => letter)
      .join("");
  }

  /** Does what is to do at a time, until nothing is. */
  step(now: number, isEverywhere = true, policy = POLICY): void {
    for (;;) {
      const step = nextStep(this.secret, policy, now, () => isEverywhere);
      if (step === undefined) return;
      patch(this.data, step.change.data);
      patch(this.annotations, step.change.annotations);
    }
  }
}

function patch(entries: Record<string, string>, change: Readonly<Record<string, string | null>>): void {
  for (const [name, value] of Object.entries(change)) {
    if (value !== null) entries[name] = value;
    // eslint-disable-next-line @typescript-eslint/no-dynamic-delete
    else delete entries[name];
  }
}

test("a key of its age is followed by a new one, which makes marks when all have it, and outlives its last marks", () => {
  const stored = new Stored({ key: A });
  stored.step(0);
  stored.step(999);
  equal(stored.accepted(999), "a");
  stored.step(1_000);
  const [, next = ""] = acceptedKeys(stored.secret, 1_000);
  match(next, /^[0-9a-f]{64}$/);
  stored.step(1_009);
  equal(stored.secret.key, A, "too early");
  stored.step(1_010, false);
  equal(stored.secret.key, A, "some replica does not have it");
  stored.step(1_020);
  deepEqual(acceptedKeys(stored.secret, 1_020), [next, A]);
  deepEqual(acceptedKeys(stored.secret, 1_129), [next, A]);
  deepEqual(acceptedKeys(stored.secret, 1_130), [next]);
  stored.step(1_130);
  deepEqual(Object.keys(stored.data), ["key"]);
  stored.step(2_019);
  equal(stored.secret.next, undefined);
  stored.step(2_020);
  equal(Object.keys(stored.data).length, 2);
});

test("never by itself where the age is 0, but the next key that a person enters is taken", () => {
  const policy = { ...POLICY, rotationMs: 0 };
  const stored = new Stored({ key: A });
  stored.step(0);
  stored.step(1e9, true, policy);
  equal(stored.secret.next, undefined);
  stored.enter("next", B);
  stored.step(1e9, true, policy);
  equal(stored.accepted(1e9), "ab");
  stored.step(1e9 + 10, true, policy);
  equal(stored.accepted(1e9 + 10), "ba");
});

test("another next key begins its time anew", () => {
  const stored = new Stored({ key: A, next: B });
  stored.step(0);
  stored.enter("next", C);
  stored.step(15);
  equal(stored.accepted(15), "ac");
  stored.step(25);
  equal(stored.accepted(25), "ca");
});

test("while marks of the previous key are good, the next one waits; without it, it does not", () => {
  const stored = new Stored({ key: A, next: B });
  stored.step(0);
  stored.step(10);
  stored.enter("next", C);
  stored.step(30);
  stored.step(50);
  equal(stored.accepted(50), "bca");
  delete stored.data.previous;
  stored.step(60);
  equal(stored.accepted(60), "cb");
});

test("a key that a person replaces outright is as old as that, and a previous one that they enter gets its time", () => {
  const stored = new Stored({ key: A });
  stored.step(0);
  stored.enter("key", B);
  stored.enter("previous", A);
  stored.step(990);
  equal(stored.accepted(990), "ba");
  equal(stored.accepted(1_090), "b");
  stored.step(1_500);
  equal(stored.secret.next, undefined);
});

test("what is no key is not accepted, and named; without a key to make marks with there is an error", () => {
  const stored = new Stored({ key: A, next: "hunter2", previous: A });
  deepEqual(stored.secret.ignored, ["next"]);
  equal(stored.accepted(0), "a");
  let error: unknown;
  try {
    readSecret({ data: { key: "aHVudGVyMg==" } });
  } catch (thrown) {
    error = thrown;
  }
  equal(String(error), "Error: data.key does not hold 32 hexadecimal digits or more");
});
