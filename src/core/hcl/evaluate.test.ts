import assert from 'node:assert/strict';
import test from 'node:test';
import { Evaluation } from './evaluate.ts';
import { checkRows } from './evaluating.fixture.ts';
import { parseExpression } from './parse.ts';
import { Source } from './source.ts';
import { string } from './value.ts';

test('expressions have the values that the language gives them', () => {
  checkRows({}, [
    ['null == null', 'true'],
    ['[1, 2] == [1, 2]', 'true'],
    ['"Hello, ${name}!"', '"Hello, World!"'],
    ['"${n}"', '3'],
    ['"$${x} %%{y}"', '"${x} %{y}"'],
    ['"a\\tb\\u00e9\\U0001F600"', '"a\tbé😀"'.replace('\t', '\\t')],
    ['"%{ for i, x in ["a", "b"] ~} ${i}${x} %{~ endfor }"', '"0a1b"'],
    ['true ? 1 : "x"', '"1"'],
    ['{a = 1, "b" = 2, (name) : 3}', '{"World":3,"a":1,"b":2}'],
    ['obj.list[1]', '"y"'],
    ['obj["a"]', '1'],
    ['obj.list.0', '"x"'],
  ]);
});

test('mistakes name the place and help', () => {
  checkRows({}, [
    ['nmae', 'x:1,1-5: Unknown variable; There is no variable named "nmae". Did you mean "name"?'],
    [
      'obj.b',
      'x:1,4-6: Unsupported attribute; This object does not have an attribute named "b". Did you mean "a"?',
    ],
    [
      '"x${null}"',
      'x:1,5-9: Invalid template interpolation value; The expression result is null. Cannot include a null value in a string template.',
    ],
    [
      '[1][1]',
      'x:1,4-7: Invalid index; The given key does not identify an element in this collection value: the given index is greater than or equal to the length of the collection.',
    ],
    [
      'true ? [1] : {}',
      'x:1,8-16: Inconsistent conditional result types; The true and false result expressions must have consistent types. The given expressions are tuple and object, respectively.',
    ],
  ]);
});

test('what a variable stands for that nobody knows can be told by the caller', () => {
  const run = new Evaluation({
    undefinedVariable: (name, span) => (name === 'attr' ? string(`<${span.end}>`) : undefined),
  });
  const { tree } = parseExpression(new Source('x', '"${attr.kernel.name}-${other}"'));
  run.evaluate(tree, { names: new Map() });
  assert.deepEqual(
    run.diagnostics.map((each) => each.summary),
    ['Variables not allowed'],
  );
  const attr = parseExpression(new Source('x', 'attr.kernel.name')).tree;
  assert.deepEqual(run.evaluate(attr, { names: new Map() }), string('<16>'));
});

test('a value can be asked for as a type', () => {
  const run = new Evaluation();
  const { tree } = parseExpression(new Source('x', '"x"'));
  assert.equal(run.evaluateAs(tree, { names: new Map() }, { kind: 'number' }), undefined);
  assert.equal(run.diagnostics[0]?.detail, 'Unsuitable value: a number is required');
});
