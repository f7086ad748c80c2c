/**
 * `npm run check`: everything that can be said about the code without running it. Each step runs
 * whether or not the one before it held, so that one look shows all there is to mend.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const bin = (name: string): string => join(root, 'node_modules', '.bin', name);

const steps: readonly (readonly [name: string, program: string, ...args: string[]])[] = [
  ['types', bin('tsc'), '-p', 'tsconfig.json'],
  ['types of the pure layers', bin('tsc'), '-p', 'tsconfig.pure.json'],
  ['lint', bin('eslint'), '--max-warnings=0', 'src', 'test', 'bench', 'scripts'],
  ['layers', bin('depcruise'), 'src', 'test', 'bench', '--config', '.dependency-cruiser.cjs'],
  ['format', bin('prettier'), '--check', '--log-level=warn', '.'],
  ['dead code', bin('knip')],
];

let failed = 0;
for (const [name, program, ...args] of steps) {
  const startedAt = Date.now();
  const { status } = spawnSync(program, args, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const seconds = ((Date.now() - startedAt) / 1_000).toFixed(1);
  if (status !== 0) failed++;
  console.log(`${status === 0 ? 'ok  ' : 'FAIL'} ${name} (${seconds} s)`);
}
console.log(`${steps.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
