/** Those who read the log as it is written. A slow one loses the oldest lines, nobody waits. */
import type { LogLine } from '../../ports/logger.ts';

/** Lines kept for one reader: some seconds of a noisy agent. */
const WAITING_MAX = 1_000;

interface Follower {
  readonly wants: (line: LogLine) => boolean;
  readonly waiting: LogLine[];
  wake: () => void;
}

export class Followers {
  readonly #followers = new Set<Follower>();

  push(line: LogLine): void {
    for (const follower of this.#followers) {
      if (!follower.wants(line)) continue;
      if (follower.waiting.length >= WAITING_MAX) follower.waiting.shift();
      follower.waiting.push(line);
      follower.wake();
    }
  }

  async *follow(wants: Follower['wants'], signal: AbortSignal): AsyncIterable<LogLine> {
    const follower: Follower = { wants, waiting: [], wake: () => undefined };
    const wake = (): void => {
      follower.wake();
    };
    this.#followers.add(follower);
    signal.addEventListener('abort', wake);
    try {
      while (!signal.aborted) {
        yield* follower.waiting.splice(0);
        await new Promise<void>((resolve) => {
          follower.wake = resolve;
          // What came while the reader was busy, an abort included, is not waited for.
          if (follower.waiting.length > 0 || signal.aborted) resolve();
        });
      }
    } finally {
      signal.removeEventListener('abort', wake);
      this.#followers.delete(follower);
    }
  }
}
