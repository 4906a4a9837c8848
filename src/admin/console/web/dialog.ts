import { type Child, el } from "./dom.ts";
import { button } from "./parts.ts";

export interface Question {
  readonly title: string;
  readonly content: readonly Child[];
  /** Of the button that goes on. */
  readonly yes: string;
  readonly danger?: boolean;
  /** Does it. What it throws is shown, and the dialog stays. */
  readonly act: () => Promise<void>;
  /** For people. */
  readonly problem: (error: unknown) => string;
}

/** Asks before something is done. Focus comes back to where it was. */
export function ask({ title, content, yes, danger, act, problem }: Question): void {
  const before = document.activeElement;
  const trouble = el("p", { class: "trouble", role: "alert" });
  const go = el("button", { type: "submit", class: danger ? "danger" : "primary" }, yes);
  const cancel = button("Cancel", () => {
    dialog.close();
  });
  const form = el(
    "form",
    { method: "dialog" },
    el("h2", { id: "dialog-title" }, title),
    ...content,
    trouble,
    el("div", { class: "buttons" }, cancel, go),
  );
  const dialog = el("dialog", { "aria-labelledby": "dialog-title" }, form);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    go.disabled = true;
    trouble.textContent = "";
    act().then(
      () => {
        dialog.close();
      },
      (error: unknown) => {
        go.disabled = false;
        trouble.textContent = problem(error);
      },
    );
  });
  dialog.addEventListener("close", () => {
    dialog.remove();
    if (before instanceof HTMLElement && before.isConnected) before.focus();
  });
  document.body.append(dialog);
  dialog.showModal();
}
