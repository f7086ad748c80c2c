import assert from 'node:assert/strict';
import test from 'node:test';
import { parseExpression } from './parse.ts';
import { variablesIn } from './references.ts';
import { Source } from './source.ts';

test('variables are found wherever they stand', () => {
  const text =
    '[for a in b : "${c.x}" if d] == f(e...) ? {(g) = h[i]} : [j.*.k, -l, (m), n[*], "%{for o in p}%{endfor}"]';
  const { tree, diagnostics } = parseExpression(new Source('x', text));
  assert.deepEqual(diagnostics, []);
  const names = variablesIn(tree).map((variable) => variable.name);
  assert.deepEqual(names.join(''), 'bcdeghijlmnp');
});
