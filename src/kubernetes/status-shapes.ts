import { Conditions } from "../api/names.ts";
import type { StatusShape } from "./status-digest.ts";

/** What this operator writes into the status of each kind. */
export const ROUTE_STATUS: StatusShape = {
  fields: ["effectivePort"],
  conditions: [Conditions.Accepted, Conditions.Programmed, Conditions.Ready, Conditions.Stalled],
};

export const DOMAIN_STATUS: StatusShape = {
  fields: [],
  conditions: [
    Conditions.Accepted,
    Conditions.Programmed,
    Conditions.Routed,
    Conditions.Ready,
    Conditions.Stalled,
  ],
};
