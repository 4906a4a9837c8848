/** Where a command writes, and by what name it was called. */
export interface Terminal {
  /** `sipfed` or `kubectl sipfed`, for commands that a person may copy. */
  readonly name: string;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

/** One subcommand of sipfed. */
export interface Command {
  /** A line for the list of subcommands. */
  readonly summary: string;
  readonly usage: (name: string) => string;
  /**
   * @param args what follows the name of the subcommand
   * @returns the exit code
   * @throws Failure
   */
  readonly run: (args: readonly string[], terminal: Terminal) => Promise<number>;
}

/** Exit code where nothing was found out: a wrong command line, or nobody answers. */
export const NO_ANSWER = 2;

/** Something that the person at the terminal can mend; the message says how. */
export class Failure extends Error {}

/** The API server said no. */
export class Refusal extends Failure {
  /** Of HTTP. */
  readonly status: number;

  constructor(status: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
  }
}

/** What is wrong with the command line. */
export class Misuse extends Failure {}
