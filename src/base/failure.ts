/** The closed set of ways an operation can fail; each maps to one HTTP status and one exit code. */
export const FAULTS = {
  invalid: { http: 400, exit: 1, retry: false },
  unauthenticated: { http: 401, exit: 1, retry: false },
  denied: { http: 403, exit: 1, retry: false },
  not_found: { http: 404, exit: 1, retry: false },
  conflict: { http: 409, exit: 1, retry: false },
  exhausted: { http: 429, exit: 1, retry: true },
  unsupported: { http: 501, exit: 1, retry: false },
  canceled: { http: 499, exit: 1, retry: false },
  timeout: { http: 504, exit: 1, retry: true },
  unavailable: { http: 503, exit: 1, retry: true },
  internal: { http: 500, exit: 1, retry: false },
} as const;

export type Fault = keyof typeof FAULTS;

/**
 * An operating error: expected, handled, shown to somebody.
 *
 * `message` says what could not be done, in the caller's terms, without repeating the cause's
 * message; `cause` says why; `facts` are for logs and tests, never parsed out of `message`.
 */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly fault: Fault;
  readonly facts: Readonly<Record<string, string | number>>;

  constructor(
    fault: Fault,
    message: string,
    options: {
      cause?: unknown;
      facts?: Readonly<Record<string, string | number>>;
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.fault = fault;
    this.facts = options.facts ?? {};
  }
}

/** Renders an error and every cause under it on one line, outermost first. */
export function explain(error: unknown): string {
  const parts: string[] = [];
  for (let e: unknown = error; e !== undefined; e = e instanceof Error ? e.cause : undefined) {
    parts.push(e instanceof Error ? e.message : typeof e === 'string' ? e : JSON.stringify(e));
  }
  return parts.join(': ');
}
