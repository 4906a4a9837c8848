/** The parts of an installation that are looked at, in the order in which they are told. */
export const CHECKS = [
  "api",
  "definitions",
  "rights",
  "pods",
  "clock",
  "versions",
  "routes",
  "domains",
  "xmpp",
  "dns",
  "tls",
] as const;

export type CheckName = (typeof CHECKS)[number];

/** One thing that was looked at, in a sentence; what is not as it should be comes with what to do. */
export type Finding =
  | { readonly check: CheckName; readonly state: "ok"; readonly message: string }
  | {
      readonly check: CheckName;
      readonly state: "warning" | "problem";
      readonly message: string;
      readonly fix: string;
    };

/** What somebody was asked, or why there is no answer. */
export type Told<T> =
  | { readonly ok: true; readonly value: T }
  | {
      readonly ok: false;
      /** Of the API server, where it refused. */
      readonly status?: number | undefined;
      readonly why: string;
    };

/** Makes the findings of one check. */
export function findingsOf(check: CheckName) {
  return {
    ok: (message: string): Finding => ({ check, state: "ok", message }),
    warning: (message: string, fix: string): Finding => ({ check, state: "warning", message, fix }),
    problem: (message: string, fix: string): Finding => ({ check, state: "problem", message, fix }),
    /** Nobody could be asked, which is no problem of the installation. */
    untold: (
      { status, why }: { readonly status?: number | undefined; readonly why: string },
      what: string,
      right: string,
    ) =>
      ({
        check,
        state: "warning",
        message: `${what}: not looked at, ${status === 403 ? "you may not" : why}`,
        fix:
          status === 403
            ? `ask for the right to ${right}`
            : "run it again; look at --kubeconfig and --context",
      }) satisfies Finding,
  };
}

/** The first few of many, for a sentence. */
export function some(names: readonly string[], most = 3): string {
  const shown = names.slice(0, most).join(", ");
  return names.length > most ? `${shown} and ${names.length - most} more` : shown;
}

/** `1 pod`, `2 pods`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
