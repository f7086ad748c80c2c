/** Local values: `locals { name = expression }`, which may use variables and each other. */
import type { Attribute } from '../hcl/ast.ts';
import { formatRange } from '../hcl/diagnostic.ts';
import type { Evaluation } from '../hcl/evaluate.ts';
import { variablesIn } from '../hcl/references.ts';
import { readAttributes } from '../hcl/schema.ts';
import type { BoundBlock } from '../hcl/schema.ts';
import { toRange } from '../hcl/source.ts';
import { JOB_LOCALS_MAX } from '../limits.ts';
import { object } from '../hcl/value.ts';
import type { Value } from '../hcl/value.ts';

/**
 * The object that `local` stands for.
 *
 * @param variables the object that `var` stands for
 */
export function readLocals(
  blocks: readonly BoundBlock[],
  variables: Value,
  run: Evaluation,
): Value {
  const waiting = collect(blocks, run);
  const extra = [...waiting.values()][JOB_LOCALS_MAX];
  if (extra !== undefined) {
    const detail = `A job file can have ${JOB_LOCALS_MAX} local values at most.`;
    run.fail(extra.nameSpan, 'Too many local values', detail);
    return object([]);
  }
  const done = new Map<string, Value>();
  // Each round evaluates those whose own locals are all known; a round without any is a circle.
  for (let round = waiting.size; waiting.size > 0 && round >= 0; round--) {
    const ready = [...waiting.values()].filter((local) => !needs(local, waiting));
    const names = new Map([
      ['var', variables],
      ['local', object(done)],
    ]);
    for (const local of ready) {
      done.set(local.name, run.evaluate(local.value, { names }));
      waiting.delete(local.name);
    }
    if (ready.length === 0) break;
  }
  for (const local of waiting.values()) {
    const detail = `The local value "${local.name}" depends on itself.`;
    run.fail(local.nameSpan, 'Circular local value', detail);
  }
  return object(done);
}

function collect(blocks: readonly BoundBlock[], run: Evaluation): Map<string, Attribute> {
  const locals = new Map<string, Attribute>();
  for (const block of blocks) {
    for (const local of readAttributes(block, run).values()) {
      const before = locals.get(local.name);
      if (before === undefined) {
        locals.set(local.name, local);
        continue;
      }
      const place = formatRange(toRange(before.nameSpan));
      const detail = `The local value "${local.name}" was already defined at ${place}.`;
      run.fail(local.nameSpan, 'Duplicate value in locals', detail);
    }
  }
  return locals;
}

function needs(local: Attribute, waiting: ReadonlyMap<string, Attribute>): boolean {
  return variablesIn(local.value).some(({ name, steps }) => {
    const [first] = steps;
    if (name !== 'local') return false;
    return first === undefined || waiting.has(String(first.key));
  });
}
