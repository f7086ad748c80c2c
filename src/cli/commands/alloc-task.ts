/** Which allocation and which of its tasks a command is about. */
import { readAlloc } from '../../api/nomad/alloc-routes.ts';
import { jobAllocs } from '../../api/nomad/job-routes.ts';
import { Failure } from '../../base/failure.ts';
import type { Alloc } from '../../core/model/alloc.ts';
import type { AllocWithJob } from '../../core/state/reads.ts';
import type { AllocId } from '../../core/model/ids.ts';
import { flag, type Invocation } from '../command.ts';
import { matchAlloc, matchJob, only } from '../matching.ts';
import type { Session } from '../session.ts';

/** For commands that ask `meantAlloc`. */
export const ANY_OF_JOB = flag.boolean('job', 'The argument is a job: use any of its allocations.');

/** The allocation that the first argument means: by its id, or, with `-job`, any of a job. */
export async function meantAlloc(
  session: Session,
  { args, flags }: Invocation,
): Promise<AllocWithJob> {
  const typed = args[0] ?? '';
  return flags.has('job') ? anyAllocOf(session, typed) : theAlloc(session, typed);
}

/** The allocation of the first argument and the task of the second or of `-task`; '' is all. */
export async function meantTasks(
  session: Session,
  { args, flags }: Invocation,
): Promise<{ readonly id: AllocId; readonly task: string }> {
  const whole = await theAlloc(session, args[0] ?? '');
  const named = flags.text('task') ?? args[1];
  return { id: whole.alloc.id, task: named === undefined ? '' : theTask(whole, named) };
}

/** The allocation meant by the beginning of its id. */
async function theAlloc(session: Session, typed: string): Promise<AllocWithJob> {
  const { id } = only(await matchAlloc(session, typed));
  return session.api.call(readAlloc, { params: { id } }, session.world.signal);
}

/** Any allocation of a job, a running one if there is one. */
async function anyAllocOf(session: Session, typedJob: string): Promise<AllocWithJob> {
  const { id, namespace } = only(await matchJob(session, typedJob));
  const api = session.api.with({ namespace });
  const stubs = await api.call(jobAllocs, { params: { id } }, session.world.signal);
  const newest = [...stubs].sort((a, b) => b.createIndex - a.createIndex);
  const one = newest.find((stub) => stub.clientStatus === 'running') ?? newest[0];
  if (one === undefined) throw new Failure('not_found', `Job "${id}" has no allocations`);
  return api.call(readAlloc, { params: { id: one.id } }, session.world.signal);
}

/** The task meant: the one named, or the only one. Fails: `not_found`, `invalid` with the list. */
export function theTask({ alloc, job }: AllocWithJob, named: string | undefined): string {
  const tasks = taskNames(alloc, job?.groups.find((group) => group.name === alloc.group)?.tasks);
  if (named !== undefined) {
    if (tasks.includes(named)) return named;
    throw new Failure('not_found', `Could not find task named "${named}" in allocation`);
  }
  const [first, second] = tasks;
  if (first !== undefined && second === undefined) return first;
  const list = tasks.map((task) => `  * ${task}`).join('\n');
  const said = `Allocation "${alloc.id.slice(0, 8)}" is running the following tasks:\n${list}`;
  throw new Failure('invalid', `${said}\n\nPlease specify the task.`);
}

function taskNames(
  alloc: Alloc,
  tasks: readonly { readonly name: string }[] | undefined,
): readonly string[] {
  return tasks?.map(({ name }) => name) ?? Object.keys(alloc.taskStates).sort();
}
