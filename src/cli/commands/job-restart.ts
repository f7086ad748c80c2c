/** `muster job restart`: the allocations of a job begin anew, a few at a time. */
import type { AllocStub } from '../../api/nomad/alloc-codec.ts';
import { restartAlloc } from '../../api/nomad/client-routes.ts';
import { jobAllocs } from '../../api/nomad/job-routes.ts';
import { parseDuration } from '../../base/duration.ts';
import { explain, Failure } from '../../base/failure.ts';
import {
  isClientTerminal,
  isTerminal,
  type Alloc,
  type TaskState,
} from '../../core/model/alloc.ts';
import { flag, type Command, type FlagValues, type Invocation } from '../command.ts';
import { goOn, headline, remark } from '../monitor/lines.ts';
import { replaceAlloc, untilAlloc } from '../monitor/replace.ts';
import { confirm, VERBOSE, withApiFlags, YES, type Session } from '../session.ts';
import { theJob } from './job-changes.ts';

export const jobRestart: Command = {
  name: 'job restart',
  summary: 'Restart the allocations of a job, a few at a time',
  description:
    'Restarts the tasks of running allocations in place, or with -reschedule stops allocations, so that others are placed for them. The next batch begins when the last one runs again.',
  arguments: ['<job>'],
  flags: withApiFlags(
    flag.boolean('all-tasks', 'Also tasks that do not run at present.'),
    flag.string('batch-size', '<n|n%>', 'How many at a time: a number or a share; 1 unless given.'),
    flag.string('batch-wait', '<duration>', 'How long to wait between batches, or "ask".'),
    flag.list('group', '<name>', 'Only this group.'),
    flag.list('task', '<name>', 'Only this task.'),
    flag.boolean('reschedule', 'Stop allocations and have others placed, maybe elsewhere.'),
    flag.boolean('no-shutdown-delay', 'With -reschedule: do not wait before tasks are ended.'),
    flag.string('on-error', '<ask|fail>', 'What to do when one cannot be restarted; "ask".'),
    YES,
    VERBOSE,
  ),
  examples: [
    { line: 'muster job restart web', says: 'One after the other:' },
    {
      line: 'muster job restart -batch-size 25% -batch-wait 30s -on-error fail web',
      says: 'A quarter at a time, stopping at the first mistake:',
    },
    { line: 'muster job restart -reschedule -group api web', says: 'Have a group placed anew:' },
  ],
  run: async (invocation, world) => {
    const wishes = wishesOf(invocation.flags);
    const { session, id } = await theJob(invocation, world);
    const all = await session.api.call(jobAllocs, { params: { id } }, world.signal);
    const meant = chosen(all, wishes);
    if (meant.length === 0) {
      world.out('No allocations to restart\n');
      return 0;
    }
    return restartAll(meant, wishes, { invocation, session });
  },
};

interface Wishes {
  readonly groups: readonly string[];
  readonly tasks: readonly string[];
  readonly reschedule: boolean;
  /** How many of so many at a time. */
  readonly batchOf: (count: number) => number;
  readonly wait: 'ask' | number;
  readonly stopsAtErrors: boolean;
}

/** Fails: `invalid` for values that mean nothing, alone or together. */
function wishesOf(flags: FlagValues): Wishes {
  const tasks = flags.list('task');
  const reschedule = flags.has('reschedule');
  const onError = flags.text('on-error') ?? 'ask';
  if (onError !== 'ask' && onError !== 'fail') {
    throw new Failure('invalid', `-on-error is "ask" or "fail", got "${onError}"`);
  }
  if (reschedule && (tasks.length > 0 || flags.has('all-tasks'))) {
    throw new Failure('invalid', '-reschedule moves whole allocations: it takes no tasks');
  }
  if (tasks.length > 0 && flags.has('all-tasks')) {
    throw new Failure('invalid', '-all-tasks and -task contradict each other');
  }
  return {
    groups: flags.list('group'),
    tasks,
    reschedule,
    batchOf: batchSize(flags.text('batch-size') ?? '1'),
    wait: waitOf(flags.text('batch-wait') ?? '0s'),
    // Nobody is there to be asked.
    stopsAtErrors: onError === 'fail' || flags.has('yes'),
  };
}

function batchSize(typed: string): (count: number) => number {
  const [, digits, percent] = /^(\d{1,9})(%?)$/.exec(typed) ?? [];
  const size = Number(digits ?? 0);
  if (size < 1 || (percent === '%' && size > 100)) {
    throw new Failure('invalid', `-batch-size is a number or a share such as 25%, got "${typed}"`);
  }
  return percent === '%' ? (count) => Math.ceil((count * size) / 100) : () => size;
}

function waitOf(typed: string): 'ask' | number {
  if (typed === 'ask') return 'ask';
  const ms = parseDuration(typed);
  if (ms !== undefined && ms >= 0) return ms;
  throw new Failure('invalid', `-batch-wait is a duration such as 30s, or "ask", got "${typed}"`);
}

/** Fails: `not_found` for a group or task that none of the job's allocations has. */
function chosen(all: readonly AllocStub[], { groups, tasks }: Wishes): readonly AllocStub[] {
  const live = all.filter((alloc) => !isTerminal(alloc));
  for (const name of groups) {
    if (live.some(({ group }) => group === name)) continue;
    throw new Failure('not_found', `Group "${name}" has no running allocations`);
  }
  for (const name of tasks) {
    if (live.some(({ taskStates }) => name in taskStates)) continue;
    throw new Failure('not_found', `No running allocation has a task "${name}"`);
  }
  return live
    .filter(({ group }) => groups.length === 0 || groups.includes(group))
    .filter(({ taskStates }) => tasks.length === 0 || tasks.some((name) => name in taskStates));
}

type By = Readonly<{ invocation: Invocation; session: Session }>;

async function restartAll(allocs: readonly AllocStub[], wishes: Wishes, by: By): Promise<number> {
  const { world } = by.session;
  const size = wishes.batchOf(allocs.length);
  const plural = allocs.length === 1 ? 'allocation' : 'allocations';
  headline(world, `Restarting ${allocs.length} ${plural}`);
  let failures = 0;
  for (let from = 0; from < allocs.length; from += size) {
    if (from > 0 && !(await mayGoOn(wishes.wait, by))) return 1;
    for (const alloc of allocs.slice(from, from + size)) {
      const error = await restartOne(alloc, wishes, by);
      if (error === undefined) continue;
      failures++;
      world.err(`Could not restart allocation "${by.session.ids(alloc.id)}": ${error}\n`);
      if (wishes.stopsAtErrors) return 1;
      if (!(await confirm(by.invocation, world, 'Go on with the others?'))) return 1;
    }
  }
  headline(world, failures === 0 ? 'Job restarted' : `Job restarted, ${failures} failed`);
  return failures === 0 ? 0 : 1;
}

async function mayGoOn(wait: Wishes['wait'], { invocation, session }: By): Promise<boolean> {
  const { world } = session;
  if (wait === 'ask') return confirm(invocation, world, 'Go on with the next batch?');
  if (wait > 0) {
    remark(world, `Waiting ${wait / 1_000} s before the next batch`);
    await world.sleep(wait, world.signal);
    goOn(world);
  }
  return true;
}

/** Restarts an allocation and waits until it runs; answers what went wrong. */
async function restartOne(
  alloc: AllocStub,
  wishes: Wishes,
  { invocation, session }: By,
): Promise<string | undefined> {
  try {
    if (wishes.reschedule) {
      await replaceAlloc(alloc, invocation.flags.has('no-shutdown-delay'), session);
    } else await inPlace(alloc, wishes, { invocation, session });
    return undefined;
  } catch (error) {
    if (!(error instanceof Failure) || session.world.signal.aborted) throw error;
    return explain(error);
  }
}

async function inPlace(
  { id, group, taskStates }: AllocStub,
  { tasks }: Wishes,
  { invocation, session }: By,
): Promise<void> {
  const { api, ids, world } = session;
  const wanted = tasks.length === 0 ? [''] : tasks.filter((name) => name in taskStates);
  for (const task of wanted) {
    const what = task === '' ? 'tasks' : `task "${task}"`;
    remark(world, `Restarting ${what} of allocation "${ids(id)}", group "${group}"`);
    const body = { task, allTasks: invocation.flags.has('all-tasks') };
    await api.call(restartAlloc, { params: { id }, body }, world.signal);
  }
  const meant = Object.entries(taskStates).filter(([name, { state }]) => {
    return state === 'running' && (tasks.length === 0 || tasks.includes(name));
  });
  const { alloc } = await untilAlloc(id, session, ({ alloc: now }) => {
    return isClientTerminal(now) || meant.every(([name, was]) => isAnew(now, name, was));
  });
  if (!isClientTerminal(alloc)) return;
  throw new Failure('unavailable', `it is ${alloc.clientStatus}: ${alloc.clientDescription}`);
}

/** Whether a task runs that was started since. */
function isAnew({ taskStates }: Alloc, name: string, { startedAt }: TaskState): boolean {
  const now = taskStates[name];
  return now?.state === 'running' && now.startedAt !== startedAt;
}
