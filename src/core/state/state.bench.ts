/**
 * How fast plans are applied, and what an allocation costs to keep: 1,000 jobs of 1,000 on 5,000
 * nodes, one dynamic port each, and then every client's reports that its tasks run.
 */
import { randomUUID } from 'node:crypto';
import { heapBytesEach, report, timed } from '../../../bench/harness.ts';
import type { Index, Millis } from '../../base/brand.ts';
import { METRICS, RESOURCES, T0, jobSpec, nodeFacts, plan } from '../../../test/state-world.ts';
import type { AllocId, EvalId } from '../model/ids.ts';
import type { TaskState } from '../model/alloc.ts';
import { apply } from './apply.ts';
import type { Entry } from './entry.ts';
import { emptyState } from './state.ts';
import type { State } from './state.ts';

const NODES = 5_000;
const PER_JOB = 1_000;
const JOBS = Number(process.env['BENCH_JOBS'] ?? 300);

let state: State = emptyState();

function step(entry: Entry): void {
  state = apply(state, (state.index + 1) as Index, entry).state;
}

const nodes = Array.from({ length: NODES }, (_, n) => nodeFacts(n));
for (const node of nodes) step({ type: 'node.register', at: T0, node, seed: 's' });

function planFor(job: number): Entry {
  const id = `job-${job}`;
  const placements = Array.from({ length: PER_JOB }, (_, n) => {
    const node = nodes[(job * 7 + n * 5) % NODES] ?? nodes[0];
    if (node === undefined) throw new Error('there are nodes');
    return {
      id: randomUUID() as AllocId,
      name: `${id}.web[${n}]`,
      group: 'web',
      nodeId: node.id,
      resources: RESOURCES,
      ports: [
        {
          label: 'http',
          value: 20_000 + job,
          to: 0,
          hostIp: '127.0.0.1',
          dynamic: true,
        },
      ],
      metrics: METRICS,
      canary: false,
      reschedules: [],
    };
  });
  return {
    type: 'plan.apply',
    at: T0,
    plan: plan(id, { evalId: randomUUID() as EvalId, placements }),
    evals: [],
  };
}

const bytes = await heapBytesEach(JOBS * PER_JOB, async () => {
  let ms = 0;
  let slowest = 0;
  for (let job = 0; job < JOBS; job++) {
    step({ type: 'job.register', at: T0, job: jobSpec(`job-${job}`) });
    const entry = planFor(job);
    const took = await timed(() => step(entry));
    slowest = Math.max(slowest, took);
    ms += took;
  }
  report({
    name: 'state.apply.placements',
    value: (JOBS * PER_JOB * 1_000) / ms,
    unit: 'placements/s',
    better: 'higher',
  });
  report({ name: 'state.apply.entry.slowest', value: slowest, unit: 'ms', better: 'lower' });
  return state;
});
report({ name: 'state.alloc.bytes.placed', value: bytes, unit: 'bytes/alloc', better: 'lower' });

function running(): TaskState {
  const event = (type: string, message: string): TaskState['events'][number] => ({
    type,
    at: (T0 + 1) as Millis,
    message: '',
    displayMessage: message,
    failsTask: false,
    details: {},
  });
  return {
    state: 'running',
    failed: false,
    restarts: 0,
    startedAt: T0,
    events: [
      event('Received', 'Task received by client'),
      event('Task Setup', 'Building Task Directory'),
      event('Started', 'Task started by client'),
    ],
  };
}

/** Nothing in it is shared with anything. */
function offTheWire(entry: Entry): Entry {
  return JSON.parse(JSON.stringify(entry)) as Entry;
}

const updated = await heapBytesEach(JOBS * PER_JOB, async () => {
  let ms = 0;
  for (let first = 0; first < NODES; first += 100) {
    const updates = nodes.slice(first, first + 100).flatMap((node) =>
      Array.from(state.allocsByNode(node.id), (alloc) => ({
        id: alloc.id,
        clientStatus: 'running' as const,
        clientDescription: 'Tasks are running',
        taskStates: { server: running() },
        at: T0,
      })),
    );
    for (let i = 0; i < updates.length; i += PER_JOB) {
      const entry = offTheWire({
        type: 'allocs.client-update',
        at: T0,
        seed: 's',
        updates: updates.slice(i, i + PER_JOB),
      });
      ms += await timed(() => step(entry));
    }
  }
  report({
    name: 'state.apply.client-updates',
    value: (JOBS * PER_JOB * 1_000) / ms,
    unit: 'updates/s',
    better: 'higher',
  });
  return state;
});
report({
  name: 'state.alloc.bytes.running',
  value: bytes + updated,
  unit: 'bytes/alloc',
  better: 'lower',
});
