import { svg } from "./dom.ts";

/** Outlines in a box of 24, drawn with strokes. */
const PATHS = {
  overview: "M4 13h6V4H4zM14 20h6v-9h-6zM4 20h6v-3H4zM14 7h6V4h-6z",
  domains:
    "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18M3.6 9h16.8M3.6 15h16.8M12 3c-5 5-5 13 0 18M12 3c5 5 5 13 0 18",
  routes: "M6 5.5a2 2 0 1 0 0 .1M18 18.5a2 2 0 1 0 0 .1M8 5.5h6a4 4 0 0 1 0 8h-4a3 3 0 0 0 0 5h6",
  explain: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18M9.4 9.2a2.7 2.7 0 1 1 3.9 2.4c-.8.5-1.3 1-1.3 2M12 16.8v.2",
  search: "M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13M15.5 15.5 20 20",
  close: "M6 6l12 12M18 6 6 18",
  copy: "M9 9h10v10H9zM5 15V5h10",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8M12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M18.7 5.3l-1.4 1.4M6.7 17.3l-1.4 1.4",
  moon: "M19.5 14.5A8 8 0 0 1 9.5 4.5a8 8 0 1 0 10 10",
  auto: "M12 4a8 8 0 1 0 0 16zM12 4a8 8 0 0 1 0 16",
  leave: "M10 5H5v14h5M15 8l4 4-4 4M19 12H9",
  plus: "M12 5v14M5 12h14",
  warning: "M12 4 3 19.5h18zM12 10v4M12 16.8v.2",
  up: "M6 14l6-6 6 6",
  down: "M6 10l6 6 6-6",
  right: "M9 6l6 6-6 6",
} as const;

export type IconName = keyof typeof PATHS;

/** Decoration: what it means is said beside it. */
export function icon(name: IconName): SVGSVGElement {
  return svg(
    "svg",
    { class: "icon", viewBox: "0 0 24 24", "aria-hidden": "true", focusable: "false" },
    svg("path", { d: PATHS[name] }),
  );
}
