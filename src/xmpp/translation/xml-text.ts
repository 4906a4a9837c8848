/** What XML 1.0 does not allow (§2.2). */
const NO_CHARACTER = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;

/** Text in which what XML does not allow is U+FFFD. */
export function xmlText(text: string): string {
  return text.toWellFormed().replace(NO_CHARACTER, "\ufffd");
}
