/** The keeper's process: `muster keeper --socket PATH ...`, started by an agent. */
import { insideCgroups } from '../io/cgroup/step.ts';
import { runKeeper } from '../keeper/run-keeper.ts';
import { VERSION } from '../version.ts';

/** A keeper that nobody needs ends itself after this long [ms]. */
const IDLE_MS = 60_000;

/** Resolves with the exit code once it is told to end. */
export async function keeperMain(argv: readonly string[]): Promise<number> {
  const [socketPath, fifoDir] = argv;
  if (socketPath === undefined || fifoDir === undefined) {
    process.stderr.write('usage: muster keeper SOCKET PIPES (started by the agent)\n');
    return 1;
  }
  const stop = new AbortController();
  process.on('SIGTERM', () => {
    stop.abort();
  });
  // Its agent's terminal is not its own: what is typed there is not meant for the tasks.
  process.on('SIGINT', () => undefined);
  process.on('SIGHUP', () => undefined);
  await runKeeper(
    { socketPath, fifoDir, version: VERSION, idleMs: IDLE_MS },
    { insideCgroups },
    stop.signal,
  );
  return 0;
}
