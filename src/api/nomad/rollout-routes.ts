/** Changes of what templates read, a few instances of a group at a time. Nomad has none of it. */
import type { TemplateRollout, RolloutHolder } from '../../core/model/template-rollout.ts';
import type { StoppedChange } from '../../core/model/template-rollout.ts';
import { OMIT, shape, type Shape } from '../codec/codec.ts';
import { bool, instantNs, int, list, listOf, maybe, nested, text } from '../codec/fields.ts';
import { read, write } from '../route.ts';

const HOLDER: Shape<RolloutHolder> = shape({
  allocId: text('AllocID'),
  task: text('Task'),
  change: text('Change'),
  at: instantNs('Time'),
});

const STOPPED: Shape<StoppedChange> = shape({
  change: text('Change'),
  allocId: text('AllocID'),
  reason: text('Reason'),
  at: instantNs('Time'),
});

const TEMPLATE_ROLLOUT: Shape<TemplateRollout> = shape({
  namespace: text('Namespace'),
  jobId: text('JobID'),
  group: text('TaskGroup'),
  holders: list('Changing', HOLDER, []),
  stopped: maybe(nested('Stopped', STOPPED, OMIT)),
  createIndex: int('CreateIndex'),
  modifyIndex: int('ModifyIndex'),
});

/** What became of the wish to take a change over. */
export interface RolloutAnswer {
  readonly begun: boolean;
  /** Why it never will be; empty: others are changing. */
  readonly stopped: string;
}

export const templateRollouts = read({
  name: 'job.template-rollouts',
  path: '/v1/job/:id/template-rollouts',
  about: 'Where changes of what its templates read are under way, or were stopped.',
  reply: listOf(TEMPLATE_ROLLOUT),
});

export const beginTemplateRollout = write({
  name: 'alloc.template-rollout-begin',
  path: '/v1/allocation/:id/template-rollout/begin',
  about: 'For clients: asks whether a task may take a change over now.',
  body: shape<{ readonly task: string; readonly change: string }>({
    task: text('Task'),
    change: text('Change'),
  }),
  reply: shape<RolloutAnswer>({ begun: bool('Begun'), stopped: text('Stopped') }),
});

export const endTemplateRollout = write({
  name: 'alloc.template-rollout-end',
  path: '/v1/allocation/:id/template-rollout/end',
  about: 'For clients: tells that a task has taken a change over, or could not live with it.',
  body: shape<{ readonly task: string; readonly healthy: boolean; readonly reason: string }>({
    task: text('Task'),
    healthy: bool('Healthy'),
    reason: text('Reason'),
  }),
});

export const ROLLOUT_ROUTES = [templateRollouts, beginTemplateRollout, endTemplateRollout] as const;
