/**
 * Starts the agent's services in order and ends them in the opposite order.
 *
 * A1: a service runs only while those before it do: when one ends, the later ones are ended first.
 * A2: an end is waited for, each service's own; nothing is left behind.
 */
import { explain } from '../base/failure.ts';
import type { Service } from '../ports/service.ts';

/**
 * Runs all until `signal` aborts or one ends by itself; then ends the others. Rejects as it did.
 */
export async function runServices(
  services: readonly Service[],
  log: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const running: { readonly stop: AbortController; readonly done: Promise<unknown> }[] = [];
  let failed: { readonly cause: unknown } | undefined;
  const ended = new Promise<void>((resolve) => {
    const stopped = (): void => {
      resolve();
    };
    signal.addEventListener('abort', stopped, { once: true });
    if (signal.aborted) resolve();
    for (const service of services) {
      const stop = new AbortController();
      const done = service.run(stop.signal).catch((cause: unknown) => {
        if (stop.signal.aborted) log(`${service.name} ended badly: ${explain(cause)}`);
        else failed ??= { cause };
      });
      running.push({ stop, done: done.finally(resolve) });
    }
  });
  await ended;
  for (const { stop, done } of running.reverse()) {
    stop.abort();
    await done;
  }
  if (failed !== undefined) throw failed.cause;
}
