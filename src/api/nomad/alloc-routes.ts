/** Allocations and evaluations. */
import { shape } from '../codec/codec.ts';
import { int, listOf, text, texts } from '../codec/fields.ts';
import type { Index } from '../../base/brand.ts';
import type { EvalId } from '../../core/model/ids.ts';
import { queryFlag, queryText } from '../query.ts';
import { read, write } from '../route.ts';
import { ALLOC, ALLOC_STUB } from './alloc-codec.ts';
import { EVALUATION } from './eval-codec.ts';
import { LIST_QUERY } from './list-query.ts';

export const listAllocs = read({
  name: 'alloc.list',
  path: '/v1/allocations',
  about: 'Lists allocations.',
  query: {
    ...LIST_QUERY,
    resources: queryFlag('resources', 'with what each holds'),
    taskStates: queryFlag('task_states', 'without it, as with true, task states are told'),
  },
  reply: listOf(ALLOC_STUB),
});

export const readAlloc = read({
  name: 'alloc.read',
  path: '/v1/allocation/:id',
  about: 'One allocation, with the job version that it runs.',
  reply: ALLOC,
});

export const stopAlloc = write({
  name: 'alloc.stop',
  path: '/v1/allocation/:id/stop',
  about: 'Stops an allocation; its job places another.',
  query: { noShutdownDelay: queryFlag('no_shutdown_delay', 'without waiting') },
  reply: shape<{ readonly evalId: EvalId; readonly index: Index }>({
    evalId: text('EvalID'),
    index: int('Index'),
  }),
});

export const listEvals = read({
  name: 'eval.list',
  path: '/v1/evaluations',
  about: 'Lists evaluations.',
  query: {
    ...LIST_QUERY,
    status: queryText('status', 'only those of this status'),
    job: queryText('job', 'only those of this job'),
  },
  reply: listOf(EVALUATION),
});

export const countEvals = read({
  name: 'eval.count',
  path: '/v1/evaluations/count',
  about: 'Counts evaluations.',
  query: { prefix: LIST_QUERY.prefix, filter: LIST_QUERY.filter },
  reply: shape<{ readonly count: number }>({ count: int('Count') }),
});

export const deleteEvals = write({
  name: 'eval.delete',
  method: 'DELETE',
  path: '/v1/evaluations',
  about: 'Deletes evaluations that are over.',
  body: shape<{ readonly evalIds: readonly EvalId[] }>({ evalIds: texts('EvalIDs') }),
  reply: shape<{ readonly index: Index; readonly count: number }>({
    index: int('Index'),
    count: int('Count'),
  }),
});

export const readEval = read({
  name: 'eval.read',
  path: '/v1/evaluation/:id',
  about: 'One evaluation.',
  reply: EVALUATION,
});

export const evalAllocs = read({
  name: 'eval.allocations',
  path: '/v1/evaluation/:id/allocations',
  about: 'The allocations that an evaluation placed.',
  reply: listOf(ALLOC_STUB),
});

export const ALLOC_ROUTES = [
  listAllocs,
  readAlloc,
  stopAlloc,
  listEvals,
  countEvals,
  deleteEvals,
  readEval,
  evalAllocs,
] as const;
