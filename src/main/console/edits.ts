/** Part of main.ts: what a person wants of the console, as a change of an object. */
import type { Edit } from "../../admin/console/types.ts";
import type { ObjectEdit } from "../../kubernetes/viewer-edits.ts";

export function objectEdit(edit: Edit): ObjectEdit {
  switch (edit.action) {
    case "add":
      return { change: "create", name: edit.domain, spec: { policy: edit.policy } };
    case "remove":
      return { change: "delete", name: edit.domain, uid: edit.uid };
    case "block":
      return onDomain(edit, { policy: "Block" });
    case "allow":
      return onDomain(edit, { policy: "Allow" });
    case "adopt":
      return onDomain(edit, { trust: "Full" });
    case "open":
      return { change: "route", name: edit.route, uid: edit.uid, spec: { blockRoute: false } };
    case "close":
      return { change: "route", name: edit.route, uid: edit.uid, spec: { blockRoute: true } };
  }
}

function onDomain(
  { domain, uid }: { readonly domain: string; readonly uid: string },
  spec: object,
): ObjectEdit {
  return { change: "domain", name: domain, uid, spec };
}
