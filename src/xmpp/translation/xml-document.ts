import type { EventEmitter } from "node:events";
import xml, { type Element } from "@xmpp/xml";

/** The library is CommonJS: what its types name apart is a property of its one export. */
const { Parser } = xml as unknown as typeof import("@xmpp/xml");

/** Markup that is neither a comment nor CDATA: document types, and the entities that they declare. */
const DECLARATION = /<!(?!--|\[CDATA\[)/;

/** Limits for documents that others write. */
export interface XmlLimits {
  /** Bytes. */
  readonly bytes: number;
  /** Elements within each other. */
  readonly depth: number;
}

/**
 * Reads a document in UTF-8. Undefined when it is malformed, beyond the limits, or has a document type: entities are how
 * XML attacks its readers, and nothing that comes this way needs them.
 */
export function readXml(document: Buffer, limits: XmlLimits): Element | undefined {
  if (document.length > limits.bytes) return undefined;
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(document);
    return DECLARATION.test(text) ? undefined : parse(text, limits.depth);
  } catch {
    return undefined; // the parser throws on references to characters and entities that there are not
  }
}

function parse(text: string, maxDepth: number): Element | undefined {
  const parser = new Parser();
  const roots: Element[] = [];
  const errors: unknown[] = [];
  let depth = 0;
  parser.on("error", (error: unknown) => errors.push(error));
  parser.on("end", (root: Element) => roots.push(root));
  parser.on("element", (element: Element) => parser.root?.append(element));
  // its types hide that the parser beneath tells of every element, at any depth
  const events = parser.parser as unknown as EventEmitter;
  events.prependListener("startElement", () => {
    depth += 1;
    if (depth > maxDepth || roots.length > 0) throw new Error("too deep, or a second root");
  });
  events.on("endElement", () => {
    depth -= 1;
  });
  parser.write(text.replace(/^\ufeff/, ""));
  return errors.length > 0 || depth !== 0 ? undefined : roots[0];
}
