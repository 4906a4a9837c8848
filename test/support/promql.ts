/** What an expression of PromQL asks for, as far as our dashboard and alerts go. */

/** The names of the metrics: what is followed by a selector. Everything that we write has one. */
export function metricsOf(expression: string): string[] {
  return [...expression.matchAll(/\b([a-z][a-z0-9_]*)\{/g)].map(([, name = ""]) => name);
}

/** The labels by which metrics are selected or summed up. */
export function labelsOf(expression: string): string[] {
  const matched = [...expression.matchAll(/([a-z_]+)=?[=!]~?"/g)].map(([, name = ""]) => name);
  const grouped = [...expression.matchAll(/\b(?:by|on) \(([^)]*)\)/g)].flatMap(([, list = ""]) =>
    list.split(", "),
  );
  return [...matched, ...grouped];
}

/** The name under which a series of a histogram or a summary is exposed. */
export function familyOf(metric: string): string {
  return metric.replace(/_(?:bucket|sum|count)$/, "");
}
