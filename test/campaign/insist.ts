/** Orders that somebody carries out in the end: what is said here may be said twice. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Machine } from '../machines.ts';

/** An answer is waited for so long [ms]; then somebody else is asked. */
const ASK_MS_MAX = 5_000;

/** What is answered, and the index that it is true at. */
export interface Answer {
  readonly index: number;
  readonly body: unknown;
}

/**
 * Asks one agent after the other until one answers well.
 *
 * Fails: once `signal` aborts, with what was answered last.
 */
export async function insist(
  machines: readonly Machine[],
  path: string,
  init: { readonly method?: string; readonly body?: string; readonly signal: AbortSignal },
): Promise<Answer> {
  let last: unknown = 'nobody was asked';
  for (let asked = 0; !init.signal.aborted; asked++) {
    try {
      const signal = AbortSignal.any([init.signal, AbortSignal.timeout(ASK_MS_MAX)]);
      const reply = await machines[asked % machines.length]?.ask(path, { ...init, signal });
      if (reply?.ok === true) {
        return { index: Number(reply.headers.get('x-nomad-index')), body: await reply.json() };
      }
      last = await reply?.text();
    } catch (error) {
      last = error;
    }
    await delay(100);
  }
  throw new Error(`${init.method ?? 'GET'} ${path}: ${String(last)}`, { cause: last });
}
