/** Commands that do something to one allocation: `signal`, `restart`, `stop`. */
import { stopAlloc } from '../../api/nomad/alloc-routes.ts';
import { restartAlloc, signalAlloc } from '../../api/nomad/client-routes.ts';
import { flag, type Command } from '../command.ts';
import { matchAlloc, only } from '../matching.ts';
import { monitorEvaluation } from '../monitor/evaluation.ts';
import { DETACH, openSession, VERBOSE, withApiFlags } from '../session.ts';
import { meantTasks } from './alloc-task.ts';

const TASK = flag.string('task', '<name>', 'The task; all of them unless given.');

export const allocSignal: Command = {
  name: 'alloc signal',
  aliases: ['alloc-signal'],
  summary: 'Send a signal to the tasks of an allocation',
  arguments: ['<allocation>', '[task]'],
  flags: withApiFlags(
    flag.string('s', '<signal>', 'The signal, SIGKILL unless given.'),
    TASK,
    VERBOSE,
  ),
  examples: [{ line: 'muster alloc signal -s SIGHUP 219074bd', says: 'Have it reload:' }],
  run: async (invocation, world) => {
    const { flags } = invocation;
    const session = openSession(invocation, world);
    const { id, task } = await meantTasks(session, invocation);
    const signal = flags.text('s') ?? 'SIGKILL';
    await session.api.call(signalAlloc, {
      params: { id },
      body: { task, signal },
    });
    return 0;
  },
};

export const allocRestart: Command = {
  name: 'alloc restart',
  aliases: ['alloc-restart'],
  summary: 'Restart the tasks of an allocation in place',
  arguments: ['<allocation>', '[task]'],
  flags: withApiFlags(
    TASK,
    flag.boolean('all-tasks', 'Also those that do not run at present.'),
    VERBOSE,
  ),
  examples: [{ line: 'muster alloc restart 219074bd server', says: 'Restart one task:' }],
  run: async (invocation, world) => {
    const { flags } = invocation;
    const session = openSession(invocation, world);
    const { id, task } = await meantTasks(session, invocation);
    await session.api.call(restartAlloc, {
      params: { id },
      body: { task, allTasks: flags.has('all-tasks') },
    });
    return 0;
  },
};

export const allocStop: Command = {
  name: 'alloc stop',
  aliases: ['alloc-stop'],
  summary: 'Stop an allocation; its job places another',
  arguments: ['<allocation>'],
  flags: withApiFlags(
    DETACH,
    VERBOSE,
    flag.boolean('no-shutdown-delay', 'Do not wait before the tasks are told to end.'),
  ),
  examples: [{ line: 'muster alloc stop 219074bd', says: 'Have it replaced:' }],
  run: async (invocation, world) => {
    const { args, flags } = invocation;
    const session = openSession(invocation, world);
    const { id, namespace } = only(await matchAlloc(session, args[0] ?? ''));
    const api = session.api.with({ namespace });
    const noShutdownDelay = flags.has('no-shutdown-delay') ? true : undefined;
    const { evalId } = await api.call(stopAlloc, { params: { id }, query: { noShutdownDelay } });
    if (!flags.has('detach')) return monitorEvaluation(evalId, { ...session, api });
    world.out(`${evalId}\n`);
    return 0;
  },
};
