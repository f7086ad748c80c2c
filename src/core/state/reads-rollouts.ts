/** What doors read of changes of templates' data; see `reads.ts`. */
import type { JobId, Namespace } from '../model/ids.ts';
import type { TemplateRollout } from '../model/template-rollout.ts';
import type { Read } from './reads.ts';
import { watch } from './watch.ts';

/** Those of a job's groups. */
export function readTemplateRollouts(
  namespace: Namespace,
  id: JobId,
): Read<readonly TemplateRollout[]> {
  return (state) => ({
    value: [...state.templateRollouts(namespace, id)],
    keys: [watch.templateRollouts(namespace, id)],
  });
}
