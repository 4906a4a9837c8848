/** The body of a failed call, as the API server sends it (meta/v1 Status): what is used here. */
export interface StatusBody {
  readonly kind?: string;
  readonly code?: number;
  readonly reason?: string;
  readonly message?: string;
  readonly details?: {
    readonly retryAfterSeconds?: number;
    readonly causes?: readonly { readonly reason?: string }[];
  };
}

/** The API server answered, and the answer is no. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  /** HTTP status. */
  readonly status: number;
  /** CamelCase reason of the Status body (meta/v1 StatusReason); empty where the answer had none. */
  readonly reason: string;
  /** How long the server asks us to stay away. */
  readonly retryAfterMs: number | undefined;
  readonly #causes: ReadonlySet<string | undefined>;

  constructor(status: number, body: StatusBody, retryAfterSeconds?: number) {
    super(body.message ?? `HTTP status ${status}`);
    this.status = status;
    this.reason = body.reason ?? "";
    const seconds = retryAfterSeconds ?? body.details?.retryAfterSeconds;
    this.retryAfterMs = seconds === undefined ? undefined : seconds * 1000;
    this.#causes = new Set(body.details?.causes?.map((cause) => cause.reason));
  }

  hasCause(reason: string): boolean {
    return this.#causes.has(reason);
  }
}

const hasStatus = (error: unknown, status: number): boolean =>
  error instanceof ApiError && error.status === status;

export const isNotFound = (error: unknown): boolean => hasStatus(error, 404);

export const isAlreadyExists = (error: unknown): boolean =>
  error instanceof ApiError && error.status === 409 && error.reason === "AlreadyExists";

/** Somebody else wrote in between, or owns a field that a server-side apply wanted. */
export const isConflict = (error: unknown): boolean => hasStatus(error, 409) && !isAlreadyExists(error);

/** The object can never be stored as it is: the schema refuses it. */
export const isInvalid = (error: unknown): boolean => hasStatus(error, 422) || hasStatus(error, 400);

/** The history that a watch wants to go on from is no longer kept, or the server has never been there: list anew. */
export function isExpired(error: unknown): boolean {
  if (!(error instanceof ApiError)) return false;
  return error.status === 410 || error.hasCause("ResourceVersionTooLarge");
}

/** Nothing is wrong with the call itself: the server is away, overloaded, or does not know us for the moment. */
export function isUnavailable(error: unknown): boolean {
  if (!(error instanceof ApiError)) return true;
  return error.status >= 500 || error.status === 429 || error.status === 401 || error.status === 408;
}
