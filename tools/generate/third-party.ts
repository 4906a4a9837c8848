/** THIRD-PARTY.md: the work of others that the images carry, and its licences. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { format } from "prettier";
import { dependenciesOf } from "../supply-chain/licences.ts";
import { code, table } from "./markdown.ts";

export const thirdPartyPath = "THIRD-PARTY.md";

const INTRODUCTION = `<!-- Generated from package-lock.json by \`npm run generate\`. -->

# The work of others

sip-federation itself is under the [Apache License 2.0](LICENSE). Its images carry:

| image          | what                                                                   | licences, and where their texts are in the image                              |
| -------------- | ---------------------------------------------------------------------- | ----------------------------------------------------------------------------- |
| all            | the base of Debian                                                     | \`/usr/share/doc/*/copyright\`                                                  |
| \`operator\`     | Node.js, and the npm packages below                                    | MIT and those below; \`/app/node_modules/*/LICENSE*\`                           |
| \`sip-router\`   | Kamailio as Debian builds it, modules and libraries that it loads      | GPL-2.0-or-later, others; \`/usr/share/doc/*/copyright\` |
| \`xmpp-gateway\` | Prosody, Lua and libraries as Debian builds them; public authorities   | MIT, MPL-2.0 (authorities), others; \`/usr/share/doc/*/copyright\`              |

Source of everything from Debian: \`apt-get source PACKAGE=VERSION\`, with the versions that \`/var/lib/dpkg/status\` and
\`/var/lib/dpkg/status.d\` in the image name, and for good at snapshot.debian.org. Kamailio and Prosody are programs of their own, that
the operator talks to over sockets.

## npm packages of the operator

A test holds them to a list of licences (\`tools/supply-chain/licences.ts\`).

`;

/** The whole document, formatted. */
export async function renderThirdParty(root: string): Promise<string> {
  const dependencies = dependenciesOf(readFileSync(join(root, "package-lock.json"), "utf8"));
  const rows = dependencies.map(({ name, version, licence }) => [code(name), version, licence]);
  const text = INTRODUCTION + table(["package", "version", "licence"], rows);
  return format(text, { parser: "markdown", printWidth: 110 });
}
