import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import type { Answer } from "dns-packet";
import { readingOf } from "../../../src/dns/reading.ts";

const question = { name: "sbc.test", type: "A" } as const;
const read = (answers: readonly Answer[], authorities: readonly Answer[] = [], rcode = 0) =>
  readingOf({ rcode, truncated: false, answers, authorities }, question);
const a = (name: string, ttl: number): Answer => ({ name, type: "A", class: "IN", ttl, data: "192.0.2.1" });
const cname = (name: string, data: string, ttl: number): Answer => ({
  name,
  type: "CNAME",
  class: "IN",
  ttl,
  data,
});
const soa = (ttl: number, minimum: number): Answer => ({
  name: "test",
  type: "SOA",
  class: "IN",
  ttl,
  data: { mname: "ns.test", rname: "admin.test", minimum },
});

test("an answer counts as long as the shortest of its records, those of other names aside", () => {
  const records = [a("lb.test", 60), a("lb.test", 50)];
  const answers = [cname("sbc.test", "lb.test", 40), ...records, a("sbc.test.evil", 1)];
  deepEqual(read(answers), { kind: "records", records, ttl: 40 });
  deepEqual(read([a("sbc.test", 0x8000_0000)]), {
    kind: "records",
    records: [a("sbc.test", 0x8000_0000)],
    ttl: 0,
  });
});

test("a negative answer counts as long as the SOA record says (RFC 2308)", () => {
  deepEqual(read([], [soa(60, 300)]), { kind: "none", nameExists: true, ttl: 60 });
  deepEqual(read([], [soa(300, 60)], 3), { kind: "none", nameExists: false, ttl: 60 });
  deepEqual(read([cname("sbc.test", "lb.test", 5)], [soa(300, 60)]), {
    kind: "none",
    nameExists: true,
    ttl: 5,
  });
  deepEqual(read([]), { kind: "none", nameExists: true, ttl: 30 });
});

test("eight aliases are followed, nine are not", () => {
  const chain = Array.from({ length: 9 }, (_, n) =>
    cname(n === 0 ? "sbc.test" : `${n}.test`, `${n + 1}.test`, 60),
  );
  deepEqual(read(chain.slice(0, 8)), { kind: "alias", target: "8.test", aliases: 8, ttl: 60 });
  deepEqual(read(chain), { kind: "refused", what: "answered with aliases in a circle" });
});
