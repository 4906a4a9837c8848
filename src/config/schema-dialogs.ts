/** The section `dialogs` of schema.ts. */
import { section } from "./schema-parts.ts";

const networks = (description: string) => ({
  type: "array",
  default: [],
  maxItems: 64,
  items: { type: "string", canonical: "network" },
  description,
});

export const dialogs = section({
  lifetimeDays: {
    type: "integer",
    minimum: 1,
    maximum: 365,
    default: 7,
    description:
      "Days after which requests of a dialog are not followed any more. A dialog cannot be renewed: this is the longest that a call or a subscription may last.",
  },
  keyRotationDays: {
    type: "integer",
    minimum: 0,
    maximum: 3650,
    default: 30,
    description: "Age in days at which the key that marks dialogs is replaced; 0: by hand alone.",
  },
  refusedNetworks: networks(
    "Networks (CIDR) where nothing is sent because a peer names an address there in Contact or Route: the pods and Services of the cluster. Loopback, link-local, unspecified, multicast and reserved addresses are refused anyway. `insideNetworks` and the inside's end of the dialog are not.",
  ),
  allowedNetworks: networks(
    "Parts of the refused networks where it is sent all the same, such as an SBC in the cluster that faces the outside.",
  ),
});
