/** Serves the built console beside this file, to anybody and with nothing in it; prints its address. */
import { AdminServer } from "./dist/admin/server.js";
import { Access } from "./dist/admin/auth/access.js";
import { FailedLogins } from "./dist/admin/auth/failed-logins.js";
import { Console } from "./dist/admin/console/console.js";
import { DomainIndex } from "./dist/admin/console/domains/index.js";

const now = () => performance.now();
const log = { info: () => undefined, error: console.error };
const may = { changeDomains: false, addDomains: false, removeDomains: false, changeRoutes: false };
const domains = new DomainIndex();
const data = {
  domains,
  synced: () => true,
  pulse: () => ({ isOpen: false, all: 0, routerUp: true }),
  history: (range) => ({ range, seconds: 10, samples: [] }),
  overview: () => ({
    ...{ isOpen: false, openRoutes: [], domains: domains.counts(), problems: [], latest: [] },
    routes: { all: 0, notAccepted: 0, silent: 0 },
    router: { reachable: true, inForce: true, pending: 0, questions: 0 },
  }),
};
const web = new Console({
  identity: { namespace: "n", pod: "p", version: "0", localDomains: [] },
  access: new Access({ review: async () => ({ outcome: "allowed", viewer: { user: "ada", may } }), now }),
  failures: new FailedLogins(now),
  ...{ data, log, now, edit: undefined },
});
const server = new AdminServer({ host: "127.0.0.1", port: 0 }, { console: web }, log);
const { host, port } = await server.start();
console.log(`http://${host}:${port}/console/`);
