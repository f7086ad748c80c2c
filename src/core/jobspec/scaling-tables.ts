/** The tables of `scaling`, which groups have without a label and tasks with one. */
import type { Evaluation } from '../hcl/evaluate.ts';
import { headerSpan } from '../hcl/schema.ts';
import type { BoundBlock } from '../hcl/schema.ts';
import type { ScalingPolicy } from '../model/task.ts';
import { flag, free, int, required, table, text } from './table.ts';
import type { Written } from './table.ts';

const ARGUMENTS = {
  enabled: flag('enabled'),
  min: int('min'),
  max: required(int('max')),
  type: text('type'),
} as const;

function finishGroupScaling(written: Written, block: BoundBlock, run: Evaluation): Written {
  const type = written['type'] ?? 'horizontal';
  const wrong = type === 'horizontal' ? undefined : block.body.attributes.get('type');
  if (wrong !== undefined) {
    const detail = `task group scaling policy had invalid type: ${JSON.stringify(type)}`;
    run.fail(wrong.value.span, 'Invalid group scaling type', detail);
  }
  return { ...written, type };
}

export const GROUP_SCALING = table<ScalingPolicy>({
  arguments: ARGUMENTS,
  blocks: { policy: free('policy') },
  finish: finishGroupScaling,
});

const TASK_TYPES: Readonly<Record<string, string>> = { cpu: 'vertical_cpu', mem: 'vertical_mem' };

function finishTaskScaling(written: Written, block: BoundBlock, run: Evaluation): Written {
  const { resource, ...policy } = written;
  const wanted = TASK_TYPES[String(resource)];
  const type = policy['type'] ?? wanted;
  if (wanted === undefined) {
    const detail = 'scaling policy name must be "cpu" or "mem"';
    run.fail(block.labelSpans[0] ?? headerSpan(block), 'Invalid scaling policy name', detail);
  } else if (type !== wanted) {
    const detail = `Invalid policy type, expected "${wanted}" but found ${JSON.stringify(type)}`;
    run.fail(headerSpan(block), 'Invalid scaling policy type', detail);
  }
  return { ...policy, type };
}

export const TASK_SCALING = table<ScalingPolicy & Readonly<{ resource: string }>>({
  label: 'resource',
  arguments: ARGUMENTS,
  blocks: { policy: free('policy') },
  finish: finishTaskScaling,
});
