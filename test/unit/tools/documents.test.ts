/** Documents read well on a forge and on the site that mkdocs.yml makes of docs/. */
import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { test } from "node:test";
import { load } from "js-yaml";
import { repositoryRoot } from "../../../tools/setup/paths.ts";
import { anchorsOf, DOCUMENTS, headingsIn, proseIn, readDocument } from "../../support/documents.ts";

const PAGES = DOCUMENTS.filter((document) => document.startsWith("docs/"));

interface Link {
  readonly document: string;
  /** As it is written. */
  readonly link: string;
  /** Path in the repository. */
  readonly target: string;
  /** Empty where it has none. */
  readonly anchor: string;
}

function linksIn(document: string): Link[] {
  return [...proseIn(readDocument(document)).matchAll(/\]\(([^)]+)\)/g)]
    .map(([, link = ""]) => link)
    .filter((link) => !/^https?:/.test(link))
    .map((link) => {
      const [path = "", anchor = ""] = link.split("#");
      return {
        document,
        link,
        target: path === "" ? document : join(dirname(document), path),
        anchor,
      };
    });
}

const LINKS = DOCUMENTS.flatMap(linksIn);

test("links lead to files", () => {
  assert.ok(LINKS.length > 100, `${LINKS.length} links`);
  for (const { document, link, target } of LINKS) {
    const found = statSync(join(repositoryRoot, target), { throwIfNoEntry: false });
    assert.ok(found?.isFile(), `${document} links to ${link}`);
  }
});

test("links into a page lead to a heading there that is found on a forge and on the site", () => {
  const withAnchor = LINKS.filter(({ anchor }) => anchor !== "");
  assert.ok(withAnchor.length > 20, `${withAnchor.length} links`);
  for (const { document, link, target, anchor } of withAnchor) {
    const anchors = headingsIn(readDocument(target)).map(anchorsOf);
    const found = anchors.filter(({ forge, site }) => forge === anchor && site === anchor);
    assert.equal(found.length, 1, `${document} links to ${link}`);
  }
});

test("every document has one title, before everything else, and no level of headings is left out", () => {
  for (const document of DOCUMENTS) {
    const text = readDocument(document).replace(/^<!--.*?-->\n+/s, "");
    assert.match(text, /^# /, document);
    let level = 0;
    headingsIn(text).forEach((heading, at) => {
      assert.ok(at === 0 || heading.level > 1, `${document}: a second title, ${heading.text}`);
      assert.ok(heading.level <= level + 1, `${document}: ${heading.text} is too deep`);
      level = heading.level;
    });
  }
});

test("every page but the records of decisions begins with what it is for", () => {
  for (const page of PAGES.filter((page) => !/^docs\/decisions\/\d/.test(page))) {
    assert.match(readDocument(page), /^(?:<!--.*?-->\n+)?# [^\n]+\n\n[A-Z`][^\n]+\n/s, page);
  }
});

test("code stands outside of lists, where every site generator sees it", () => {
  for (const page of PAGES) assert.doesNotMatch(readDocument(page), /^ +```/m, page);
});

test("the site has every page once", () => {
  const { nav, not_in_nav: left } = load(readDocument("mkdocs.yml")) as { nav: unknown; not_in_nav: string };
  const listed = [...JSON.stringify(nav).matchAll(/"([\w/-]+\.md)"/g)].map(([, page = ""]) => `docs/${page}`);
  const records = PAGES.filter((page) => basename(page).startsWith("0"));
  assert.equal(left, "/decisions/0*");
  assert.deepEqual([...listed, ...records].sort(), [...PAGES].sort());
});
