/** `muster logs`: what a task printed. */
import { taskLogs } from '../../api/nomad/client-routes.ts';
import type { Frame } from '../../api/nomad/file-codec.ts';
import { flag, type Command, type Invocation } from '../command.ts';
import { openSession, VERBOSE, withApiFlags, type Session } from '../session.ts';
import { ANY_OF_JOB, meantAlloc, theTask } from './alloc-task.ts';
import { showTail, TAIL_FLAGS, tailOf, type Around } from './tail.ts';

export const allocLogs: Command = {
  name: 'alloc logs',
  aliases: ['logs'],
  summary: 'Show what a task prints',
  description:
    'Prints the output of a task. An allocation with one task needs no task name; -job takes any allocation of a job.',
  arguments: ['<allocation>', '[task]'],
  flags: withApiFlags(
    flag.boolean('stdout', 'Print the standard output. This is the default.'),
    flag.boolean('stderr', 'Print the standard error.'),
    flag.boolean('f', 'Go on as more is printed.'),
    ...TAIL_FLAGS,
    flag.string('task', '<name>', 'The task.'),
    ANY_OF_JOB,
    VERBOSE,
  ),
  examples: [
    { line: 'muster logs 219074bd', says: 'All that the only task printed:' },
    { line: 'muster logs -f -tail -n 20 219074bd server', says: 'The last lines, then the next:' },
    { line: 'muster logs -stderr -job web', says: 'Errors of any instance of a job:' },
  ],
  run: async (invocation, world) => {
    const { args, flags } = invocation;
    const session = openSession(invocation, world);
    const whole = await meantAlloc(session, invocation);
    const task = theTask(whole, flags.text('task') ?? args[1]);
    const read = reader(whole.alloc.id, task, invocation, session);
    await showTail(read, tailOf(flags), flags.has('f'), (bytes) => world.outBytes(bytes));
    return 0;
  },
};

/** Reads the output from somewhere on, once or as it grows. */
function reader(
  id: string,
  task: string,
  { flags }: Invocation,
  { api, world }: Session,
): (around: Around) => AsyncIterable<Frame> {
  const type = flags.has('stderr') ? 'stderr' : 'stdout';
  return ({ offset, origin, follow }) =>
    api.lines(
      taskLogs,
      { params: { id }, query: { task, type, offset, origin, follow } },
      world.signal,
    );
}
