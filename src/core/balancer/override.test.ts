import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { offer } from './offer.fixture.ts';
import { override, parseOverrides, type ReadLines } from './override.ts';
import { routeLines } from './show.ts';
import { buildTable } from './table.ts';

const catalog = [
  offer('x.com/a', 'one', 8001, ['green']),
  offer('x.com/a', 'one', 8002, ['blue']),
  offer('/b', 'two', 8003),
];

function lines(text: string): readonly string[] {
  const { commands, problems } = parseOverrides(text);
  assert.deepEqual(problems, []);
  return routeLines(buildTable(override(catalog, commands)));
}

const ALL = [
  'route add one x.com/a http://10.0.0.1:8001/ tags "green"',
  'route add one x.com/a http://10.0.0.1:8002/ tags "blue"',
  'route add two /b http://10.0.0.1:8003/',
];

const rows: [text: string, want: readonly string[]][] = [
  ['# nothing\n\n// at all', ALL],
  ['route del two', ALL.slice(0, 2)],
  ['route del one x.com/a', ALL.slice(2)],
  ['route del one x.com/a http://10.0.0.1:8002', [ALL[0] ?? '', ALL[2] ?? '']],
  ['route del one tags "green"', ALL.slice(1)],
  ['route del tags "blue"', [ALL[0] ?? '', ALL[2] ?? '']],
  ['route del three', ALL],
  [
    'route add new /c http://h:1/base weight 0.3 tags "a,b" opts "strip=/c host=dst"',
    [...ALL, 'route add new /c http://h:1/base weight 0.3 tags "a,b" opts "strip=/c host=dst"'],
  ],
  ['route add db :3306 tcp://h:3306', [...ALL, 'route add db :3306 tcp://h:3306']],
  [
    'route add old /o https://new.com$path opts "redirect=301"',
    [...ALL, 'route add old /o https://new.com$path opts "redirect=301"'],
  ],
];
for (const [text, want] of rows) {
  test(`"${text.split('\n')[0]}"`, () =>
    assert.deepEqual([...lines(text)].sort(), [...want].sort()));
}

test('a weight is divided among all that match, the rest among the others', () => {
  const { commands } = parseOverrides('route weight one x.com/a weight 0.2 tags "green"');
  const [rule] = buildTable(override(catalog, commands)).rules;
  assert.deepEqual(
    rule?.targets.map(({ weight }) => weight),
    [0.2, 0.8],
  );
  const back = parseOverrides('route weight x.com/a weight 0.4\nroute weight x.com/a weight -1');
  assert.deepEqual(
    buildTable(override(catalog, back.commands)).rules[0]?.targets.map(({ weight }) => weight),
    [0.5, 0.5],
  );
});

const wrong: [text: string, says: RegExp][] = [
  ['rout add a /b http://c', /line 1: begins with "rout"/],
  ['\nroute mend a', /line 2: "route mend"/],
  ['route add a /b', /SERVICE SOURCE DESTINATION/],
  ['route add a b http://c', /no slash/],
  ['route add a /b nowhere', /no destination/],
  ['route add a /b http://c:99999', /no destination/],
  ['route add a /b http://c tags "x', /quote/],
  ['route add a /b http://c weight', /no value/],
  ['route add a /b ftp://c:1', /proto "ftp"/],
  ['route weight /b', /no weight/],
  ['route del', /is not: route del/],
];
for (const [text, says] of wrong) {
  test(`O1: "${text}" is told, and changes nothing`, () => {
    const { commands, problems } = parseOverrides(text);
    assert.deepEqual(commands, []);
    assert.equal(problems.length, 1);
    assert.match(problems[0] ?? '', says);
  });
}

test('O1: no text is too odd', () => {
  fc.assert(
    fc.property(fc.string(), (text) => parseOverrides(`route ${text}`).commands.length >= 0),
  );
});

test('lines read before are read the same, also where others changed', () => {
  const read: ReadLines = new Map();
  const lines = ['route add a /a http://1.2.3.4:80', 'route mend a', '# a word', 'route del a'];
  for (const text of [lines, lines.toReversed(), lines.slice(1)].map((each) => each.join('\n'))) {
    assert.deepEqual(parseOverrides(text, read), parseOverrides(text));
  }
  assert.equal(read.size, 3);
});
