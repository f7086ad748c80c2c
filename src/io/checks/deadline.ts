/** One run's time: its own limit, or the end of whoever asked. */

export interface Deadline {
  /** Given when the time is over or the caller gave up. */
  readonly signal: AbortSignal;
  /** True when it was the time. */
  isOver(): boolean;
  /** Lets go of the timer. */
  end(): void;
}

/** Starts the clock. A timer of its own: a time-out signal is freed only with the garbage. */
export function startDeadline(timeoutMs: number, outer: AbortSignal): Deadline {
  const control = new AbortController();
  let over = false;
  const give = (): void => control.abort();
  const timer = setTimeout(() => {
    over = true;
    give();
  }, timeoutMs);
  if (outer.aborted) give();
  else outer.addEventListener('abort', give, { once: true });
  return {
    signal: control.signal,
    isOver: () => over,
    end: () => {
      clearTimeout(timer);
      outer.removeEventListener('abort', give);
    },
  };
}

/** What an error says of itself; undici and Node put the system's name of it into `code`. */
export function reasonOf(error: unknown): { readonly code: string; readonly message: string } {
  if (!(error instanceof Error)) return { code: '', message: String(error) };
  const code = 'code' in error ? String(error.code) : '';
  if (code !== '' || !(error instanceof AggregateError)) return { code, message: error.message };
  // Several addresses of one name were tried: the first one's reason stands for all.
  return reasonOf(error.errors[0]);
}
