/** A keeper as `muster keeper` runs it, without the rest of the program. Bundled by the tests. */
import { insideCgroups } from '../../src/io/cgroup/step.ts';
import { runKeeper } from '../../src/keeper/run-keeper.ts';

const [socketPath = '', fifoDir = '', version = ''] = process.argv.slice(2);
const options = { socketPath, fifoDir, version, idleMs: 20_000 };
await runKeeper(options, { insideCgroups }, new AbortController().signal);
process.exit(0);
