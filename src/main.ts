/**
 * From the words of the command line to a command; the roles are loaded by those that run them.
 * Loaded by a thread, it is that thread's part of an agent.
 */
import { isMainThread } from 'node:worker_threads';
import { Bug } from './base/assert.ts';
import { makeCommands } from './cli/commands.ts';
import { runProgram } from './cli/program.ts';
import { processWorld } from './compose/world.ts';
import { VERSION } from './version.ts';

const commands = makeCommands({
  version: VERSION,
  agent: async (invocation, world) => {
    const { agentMain } = await import('./compose/agent.ts');
    return agentMain(invocation, world);
  },
  keeper: async ({ args }) => {
    const { keeperMain } = await import('./compose/keeper.ts');
    return keeperMain(args);
  },
  balancer: async (invocation, world) => {
    const { balancerMain } = await import('./compose/balancer-command.ts');
    return balancerMain(invocation, world);
  },
  migrateEngine: async (invocation, world) => {
    const { migrateEngineMain } = await import('./compose/migrate-engine.ts');
    return migrateEngineMain(invocation, world);
  },
  lockGuard: async () => {
    const { lockGuardMain } = await import('./compose/lock-guard.ts');
    return lockGuardMain();
  },
});

if (isMainThread) {
  runProgram(commands, process.argv.slice(2), processWorld()).then(
    // Connections that are kept for a next request would hold the process open.
    (code) => process.exit(code),
    fail,
  );
} else {
  import('./compose/thread.ts').then(({ threadMain }) => threadMain(), fail);
}

function fail(error: unknown): void {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`${error instanceof Bug ? 'a bug: ' : ''}${text}\n`);
  process.exit(70);
}
