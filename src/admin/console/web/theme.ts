import { el, fill } from "./dom.ts";
import { icon, type IconName } from "./icons.ts";

type Theme = "auto" | "light" | "dark";

const KEY = "sipfed-theme";
const NEXT: Readonly<Record<Theme, Theme>> = { auto: "light", light: "dark", dark: "auto" };
const ICONS: Readonly<Record<Theme, IconName>> = { auto: "auto", light: "sun", dark: "moon" };
const NAMES: Readonly<Record<Theme, string>> = { auto: "as the system", light: "light", dark: "dark" };

/** Shows the pages light or dark, as chosen before. */
export function applyTheme(): Theme {
  const stored = localStorage.getItem(KEY);
  const theme = stored === "light" || stored === "dark" ? stored : "auto";
  document.documentElement.dataset.theme = theme;
  return theme;
}

/** Goes on to the next one at each press. */
export function themeButton(): HTMLButtonElement {
  const button = el("button", { class: "ghost square", type: "button" });
  const show = (): void => {
    const theme = applyTheme();
    const label = `Colours: ${NAMES[theme]}. Change`;
    button.setAttribute("aria-label", label);
    button.title = label;
    fill(button, icon(ICONS[theme]));
  };
  button.addEventListener("click", () => {
    localStorage.setItem(KEY, NEXT[applyTheme()]);
    show();
  });
  show();
  return button;
}
