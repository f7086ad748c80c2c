/** Changes of what templates read, a few instances of a group at a time. */
import * as routes from '../../api/nomad/rollout-routes.ts';
import type { AllocId, JobId } from '../../core/model/ids.ts';
import { readTemplateRollouts } from '../../core/state/reads-rollouts.ts';
import { toldOf, type HttpDeps } from './deps.ts';
import { invalid } from './fail.ts';
import { bind, type Bound } from './mount.ts';

/** Characters of a task's name, and of what names a change. */
const NAME_MAX = 256;

export function rolloutHandlers({ ops }: HttpDeps): readonly Bound[] {
  return [
    bind(routes.templateRollouts, async ({ params, namespace, waiting, signal }) => {
      const read = readTemplateRollouts(namespace, params.id as JobId);
      const answer = await ops.query(read, waiting, signal);
      return { value: answer.value, ...toldOf(answer) };
    }),
    bind(routes.beginTemplateRollout, async ({ params, body }) => {
      const { task, change } = body;
      if (task.length > NAME_MAX || change.length > NAME_MAX || change === '') {
        throw invalid(`Task and Change are needed, each of at most ${NAME_MAX} characters`);
      }
      const reply = await ops.rollouts.begin(params.id as AllocId, { task, change });
      return { value: { begun: reply.begun, stopped: reply.stopped ?? '' } };
    }),
    bind(routes.endTemplateRollout, async ({ params, body }) => {
      const index = await ops.rollouts.end(params.id as AllocId, body);
      return { value: undefined, index };
    }),
  ];
}
