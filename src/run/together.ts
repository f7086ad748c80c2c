/** Services that begin and end at the same time. */
import type { Service } from '../ports/service.ts';

/** One service of several: when one ends, so do the others. Rejects as the first that did. */
export function together(name: string, services: readonly Service[]): Service {
  return {
    name,
    run: async (signal) => {
      const over = new AbortController();
      const either = AbortSignal.any([signal, over.signal]);
      const running = services.map((each) => each.run(either).finally(() => over.abort()));
      const ends = await Promise.allSettled(running);
      const failed = ends.find((end) => end.status === 'rejected');
      if (failed !== undefined) throw failed.reason;
    },
  };
}
