/** Commands for whoever runs the cluster: the scheduler's settings, what is wrong, figures. */
import { readMetrics } from '../../api/nomad/agent-routes.ts';
import { readSchedulerConfig, setSchedulerConfig } from '../../api/nomad/cluster-routes.ts';
import type { SchedulerConfigReply } from '../../api/nomad/scheduler-config-codec.ts';
import { Failure } from '../../base/failure.ts';
import { lintState } from '../../api/nomad/planning-routes.ts';
import type { SchedulerConfig } from '../../core/model/scheduler-config.ts';
import { flag, typedBool, type Command, type FlagValues } from '../command.ts';
import { columns, keyValues } from '../format/columns.ts';
import { printed } from '../format/json.ts';
import { DATA_FLAGS, openSession, withApiFlags } from '../session.ts';

export const operatorGetConfig: Command = {
  name: 'operator scheduler get-config',
  summary: 'Print the settings of the scheduler',
  arguments: [],
  flags: withApiFlags(...DATA_FLAGS),
  examples: [{ line: 'muster operator scheduler get-config', says: 'As they are:' }],
  run: async (invocation, world) => {
    const { api } = openSession(invocation, world);
    const answer = await api.call(readSchedulerConfig, {}, world.signal);
    if (await printed(invocation.flags, world, [readSchedulerConfig.reply, answer])) return 0;
    world.out(`${settings(answer)}\n`);
    return 0;
  },
};

function settings({ config }: SchedulerConfigReply): string {
  return keyValues([
    ['Scheduler Algorithm', config.algorithm],
    ['Memory Oversubscription', String(config.memoryOversubscription)],
    ['Reject Job Registration', String(config.rejectJobRegistration)],
    ['Pause Eval Broker', String(config.pauseEvalBroker)],
    ['Preemption System Scheduler', String(config.preemption.system)],
    ['Preemption Service Scheduler', String(config.preemption.service)],
    ['Preemption Batch Scheduler', String(config.preemption.batch)],
    ['Preemption SysBatch Scheduler', String(config.preemption.sysbatch)],
    ['Modify Index', String(config.modifyIndex)],
  ]);
}

export const operatorSetConfig: Command = {
  name: 'operator scheduler set-config',
  summary: 'Change the settings of the scheduler',
  description: 'What is not named stays as it is. Flags take true or false.',
  arguments: [],
  flags: withApiFlags(
    flag.number('check-index', '<index>', 'Change only what is still at this index.'),
    flag.string('scheduler-algorithm', '<name>', '"binpack" or "spread".'),
    flag.string('memory-oversubscription', '<bool>', 'Tasks may use "memory_max".'),
    flag.string('reject-job-registration', '<bool>', 'Refuse new and changed jobs.'),
    flag.string('pause-eval-broker', '<bool>', 'Schedule nothing.'),
    flag.string('preempt-system-scheduler', '<bool>', 'System jobs may evict.'),
    flag.string('preempt-service-scheduler', '<bool>', 'Service jobs may evict.'),
    flag.string('preempt-batch-scheduler', '<bool>', 'Batch jobs may evict.'),
    flag.string('preempt-sysbatch-scheduler', '<bool>', 'Sysbatch jobs may evict.'),
  ),
  examples: [
    {
      line: 'muster operator scheduler set-config -scheduler-algorithm=spread',
      says: 'Use all machines alike:',
    },
  ],
  run: async (invocation, world) => {
    const { flags } = invocation;
    const { api } = openSession(invocation, world);
    const { config } = await api.call(readSchedulerConfig, {}, world.signal);
    const answer = await api.call(setSchedulerConfig, {
      query: { ifModifyIndex: flags.number('check-index') ?? config.modifyIndex },
      body: changed(config, flags),
    });
    if (!answer.updated) {
      throw new Failure('conflict', 'Scheduler configuration could not be atomically updated');
    }
    world.out('Scheduler configuration updated!\n');
    return 0;
  },
};

function changed(config: SchedulerConfig, flags: FlagValues): SchedulerConfig {
  const algorithm = flags.text('scheduler-algorithm') ?? config.algorithm;
  if (algorithm !== 'binpack' && algorithm !== 'spread') {
    throw new Failure('invalid', `-scheduler-algorithm is binpack or spread, not "${algorithm}"`);
  }
  const { preemption } = config;
  return {
    algorithm,
    preemption: {
      system: yesNo(flags, 'preempt-system-scheduler', preemption.system),
      service: yesNo(flags, 'preempt-service-scheduler', preemption.service),
      batch: yesNo(flags, 'preempt-batch-scheduler', preemption.batch),
      sysbatch: yesNo(flags, 'preempt-sysbatch-scheduler', preemption.sysbatch),
    },
    memoryOversubscription: yesNo(flags, 'memory-oversubscription', config.memoryOversubscription),
    rejectJobRegistration: yesNo(flags, 'reject-job-registration', config.rejectJobRegistration),
    pauseEvalBroker: yesNo(flags, 'pause-eval-broker', config.pauseEvalBroker),
  };
}

const NEWLINE = 10;

function yesNo(flags: FlagValues, name: string, otherwise: boolean): boolean {
  return typedBool(flags, name) ?? otherwise;
}

export const operatorLint: Command = {
  name: 'operator lint',
  summary: 'Say whether the state of the servers is sound',
  description:
    'Judges every row of the state: nodes that hold more than they have, names that are there twice, references to what is gone. Exits with 1 when something is wrong. It takes seconds on a large cluster.',
  arguments: [],
  flags: withApiFlags(...DATA_FLAGS),
  examples: [{ line: 'muster operator lint', says: 'If in doubt:' }],
  run: async (invocation, world) => {
    const { api, paint } = openSession(invocation, world);
    const notes = await api.call(lintState, {}, world.signal);
    const code = notes.length === 0 ? 0 : 1;
    if (await printed(invocation.flags, world, [lintState.reply, notes])) return code;
    if (code === 0) world.out(`${paint.green('Nothing is wrong with the state')}\n`);
    else {
      const rows = notes.map(({ rule, subject, message }) => [rule, subject, message]);
      world.out(`${columns([['Rule', 'Subject', 'What'], ...rows])}\n`);
    }
    return code;
  },
};

export const operatorMetrics: Command = {
  name: 'operator metrics',
  summary: 'Print the figures of the agent',
  arguments: [],
  flags: withApiFlags(
    flag.string('format', '<format>', '"prometheus", or "json", which is the default.'),
    flag.boolean('pretty', 'Indent the JSON.'),
    flag.boolean('json', 'Print JSON. This is the default.'),
  ),
  examples: [
    { line: 'muster operator metrics -format prometheus', says: 'As a scrape sees them:' },
  ],
  run: async (invocation, world) => {
    const { flags } = invocation;
    const { api } = openSession(invocation, world);
    const query = {
      format: flags.text('format') === 'prometheus' ? 'prometheus' : undefined,
      pretty: flags.has('pretty') ? true : undefined,
    };
    let last: Uint8Array | undefined;
    for await (const bytes of await api.bytes(readMetrics, { query }, world.signal)) {
      await world.outBytes(bytes);
      if (bytes.length > 0) last = bytes;
    }
    if (last?.at(-1) !== NEWLINE) world.out('\n');
    return 0;
  },
};
