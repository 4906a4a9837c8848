import assert from "node:assert/strict";
import { test } from "node:test";
import { readEdit } from "../../../../src/admin/console/edits.ts";
import { objectEdit } from "../../../../src/main/console/edits.ts";
import type { Edit } from "../../../../src/admin/console/types.ts";

const UID = "0b3f-11";

test("each edit is one change of one object", () => {
  const name = "partner.example";
  const cases: [Edit, unknown][] = [
    [
      { action: "block", domain: name, uid: UID },
      { change: "domain", name, uid: UID, spec: { policy: "Block" } },
    ],
    [
      { action: "allow", domain: name, uid: UID },
      { change: "domain", name, uid: UID, spec: { policy: "Allow" } },
    ],
    [
      { action: "adopt", domain: name, uid: UID },
      { change: "domain", name, uid: UID, spec: { trust: "Full" } },
    ],
    [
      { action: "remove", domain: name, uid: UID },
      { change: "delete", name, uid: UID },
    ],
    [
      { action: "add", domain: name, policy: "Block" },
      { change: "create", name, spec: { policy: "Block" } },
    ],
    [
      { action: "open", route: "default", uid: UID },
      { change: "route", name: "default", uid: UID, spec: { blockRoute: false } },
    ],
    [
      { action: "close", route: "default", uid: UID },
      { change: "route", name: "default", uid: UID, spec: { blockRoute: true } },
    ],
  ];
  for (const [edit, expected] of cases) {
    const read = readEdit(edit);
    assert.deepEqual(read, { ok: true, value: edit });
    assert.deepEqual(objectEdit(edit), expected);
  }
});

test("what is no edit names the parameter that is wrong", () => {
  const cases: [unknown, string][] = [
    [undefined, "body"],
    ["block", "body"],
    [{ action: "drop", domain: "a.example", uid: UID }, "action"],
    [{ action: "block", domain: "a.example" }, "uid"],
    [{ action: "block", domain: "../secrets/x", uid: UID }, "domain"],
    [{ action: "block", domain: "A.example", uid: UID }, "domain"],
    [{ action: "remove", domain: "a.example?x", uid: UID }, "domain"],
    [{ action: "open", route: "", uid: UID }, "route"],
    [{ action: "add", domain: "a.example", policy: "Perhaps" }, "policy"],
    [{ action: "add", domain: "a example", policy: "Block" }, "domain"],
  ];
  for (const [body, parameter] of cases) {
    const read = readEdit(body);
    assert.ok(!read.ok, JSON.stringify(body));
    assert.equal(read.parameter, parameter, JSON.stringify(body));
  }
});

test("nothing but what an edit says reaches the object", () => {
  const read = readEdit({
    action: "block",
    domain: "a.example",
    uid: UID,
    spec: { trust: "Full" },
    route: "default",
  });
  assert.deepEqual(read, { ok: true, value: { action: "block", domain: "a.example", uid: UID } });
});
