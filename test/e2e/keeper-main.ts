/** A keeper as `muster keeper` runs it, without the rest of the program. Bundled by the tests. */
import { runKeeper } from '../../src/keeper/run-keeper.ts';

const [socketPath = '', fifoDir = '', version = ''] = process.argv.slice(2);
await runKeeper({ socketPath, fifoDir, version, idleMs: 20_000 }, new AbortController().signal);
process.exit(0);
