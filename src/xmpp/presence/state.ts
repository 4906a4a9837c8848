import type { Dialog } from "../sip/dialog.ts";

/** A dialog of a SIP watcher. */
export interface SavedDialog {
  readonly watcher: string;
  readonly contact: string;
  readonly isActive: boolean;
  readonly event: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
  readonly seq: number;
  readonly dialog: Dialog;
}
