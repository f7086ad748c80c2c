/** How long a person waits for the command line: from the start of the process to its end. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { measure, ratio, report, timed } from './harness.ts';

const muster = join(import.meta.dirname, '..', 'bin', 'muster');

// The first run may build, and the warm-up writes V8's cache.
const version = (): Promise<number> => timed(() => execFileSync(muster, ['version']));
const bare = (): Promise<number> => timed(() => execFileSync(process.execPath, ['-e', '0']));

const start = await measure(version, { runs: 15, warmUp: 3 });
report({ name: 'cli.start', value: start.median, unit: 'ms', better: 'lower' });

const overNode = await ratio(version, bare, { runs: 15 });
report({
  name: 'cli.start.over-bare-node',
  value: overNode.median,
  unit: 'ratio',
  better: 'lower',
});
