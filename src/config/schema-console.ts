/** The section `console` of schema.ts. */
import { section } from "./schema-parts.ts";

export const webConsole = section({
  enabled: {
    type: "boolean",
    default: false,
    description:
      "Whether the admin listener serves the web console. Who looks logs in with a bearer token of Kubernetes, so the operator has to be allowed to create TokenReviews and SubjectAccessReviews.",
  },
  edits: {
    type: "boolean",
    default: false,
    description:
      "Whether domains and the default route can be changed there: with the token of the viewer, who needs the right to do so.",
  },
});
