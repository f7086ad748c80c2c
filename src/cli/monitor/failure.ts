/**
 * What went wrong where a deployment or a batch job failed: the newest allocation that did, what
 * its tasks said last, and the last lines of their output.
 */
import type { AllocStub } from '../../api/nomad/alloc-codec.ts';
import { taskLogs } from '../../api/nomad/client-routes.ts';
import { Failure } from '../../base/failure.ts';
import { OVERRAN, type TaskState } from '../../core/model/alloc.ts';
import { showTail } from '../commands/tail.ts';
import type { Session } from '../session.ts';

/** Lines of each stream; enough for a stack trace, and little enough to be read. */
const LINES = 10;
const LINE_BYTES = 120;

/** Prints what is known of the newest failure among the allocations; nothing where none failed. */
export async function tellFailure(allocs: readonly AllocStub[], by: Session): Promise<void> {
  const newest = [...allocs].sort((a, b) => b.createIndex - a.createIndex);
  const failed = newest.find(hasFailed) ?? newest.find(isUnhealthy) ?? newest.find(hasOverrun);
  if (failed === undefined) return;
  const { world, ids } = by;
  const how = howItWent(failed);
  world.out(
    `\nAllocation "${ids(failed.id)}" of group "${failed.group}" on node "${failed.nodeName}" ${how}\n`,
  );
  const tasks = Object.entries(failed.taskStates).sort(([a], [b]) => (a < b ? -1 : 1));
  const guilty = tasks.filter(([, state]) => state.failed || state.restarts > 0);
  for (const [task, state] of guilty.length > 0 ? guilty : tasks) {
    world.out(`\nTask "${task}": ${lastWord(state)}\n`);
    for (const type of ['stdout', 'stderr'] as const)
      await tellOutput(failed.id, { task, type }, by);
  }
}

function howItWent(alloc: AllocStub): string {
  if (hasFailed(alloc)) return 'failed';
  return hasOverrun(alloc) ? 'ran for too long' : 'did not become healthy';
}

/** What `timeout` of a shell exits with, too. */
const TIMED_OUT = 124;

/**
 * The exit code of an allocation that is over: that of its first failed task, 0 if none failed, 124
 * if it was ended because it ran for too long.
 */
export function exitCodeOf(alloc: AllocStub): number {
  const { clientStatus, taskStates } = alloc;
  if (clientStatus === 'complete') return hasOverrun(alloc) ? TIMED_OUT : 0;
  const failed = Object.values(taskStates).filter((state) => state.failed);
  const codes = failed.map(({ events }) => {
    return events.findLast(({ type }) => type === 'Terminated')?.exitCode ?? 0;
  });
  // Failed without one: its task never started, was killed, or its node is lost.
  return codes.find((code) => code !== 0) ?? 1;
}

function hasFailed({ clientStatus }: AllocStub): boolean {
  return clientStatus === 'failed' || clientStatus === 'lost';
}

function hasOverrun({ clientDescription }: AllocStub): boolean {
  return clientDescription === OVERRAN;
}

function isUnhealthy({ deploymentStatus }: AllocStub): boolean {
  return deploymentStatus?.healthy === false;
}

function lastWord({ events, state }: TaskState): string {
  const told = events.findLast(({ type }) => !SAYS_LITTLE.has(type)) ?? events.at(-1);
  return told === undefined ? state : `${told.type}: ${told.displayMessage}`;
}

/** Events that follow upon what went wrong. */
const SAYS_LITTLE = new Set([
  'Killing',
  'Killed',
  'Restarting',
  'Not Restarting',
  'Received',
  'Alloc Unhealthy',
]);

async function tellOutput(
  id: string,
  { task, type }: { task: string; type: 'stdout' | 'stderr' },
  { api, world }: Session,
): Promise<void> {
  const decoder = new TextDecoder();
  let text = '';
  try {
    await showTail(
      ({ offset, origin, follow }) => {
        const query = { task, type, offset, origin, follow };
        return api.lines(taskLogs, { params: { id }, query }, world.signal);
      },
      { bytes: LINES * LINE_BYTES, lines: LINES },
      false,
      (bytes) => {
        text += decoder.decode(bytes, { stream: true });
        return Promise.resolve();
      },
    );
  } catch (error) {
    // Its client is away, or never began to write: what is known without it has been told.
    if (error instanceof Failure && error.fault !== 'canceled') return;
    throw error;
  }
  if (text === '') return;
  const lines = text.replace(/\n$/, '').split('\n');
  world.out(`Last lines of ${type}:\n${lines.map((line) => `    ${line}\n`).join('')}`);
}
