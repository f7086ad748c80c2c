/** Wakes everybody who waits, at each `notify`. Nothing is remembered: look first, then wait. */
export class Broadcast {
  readonly #waiting = new Set<() => void>();

  /** Resolves at the next `notify`, or when `signal` aborts. */
  wait(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#waiting.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      this.#waiting.add(wake);
      signal.addEventListener('abort', wake);
    });
  }

  notify(): void {
    for (const wake of [...this.#waiting]) wake();
  }
}
