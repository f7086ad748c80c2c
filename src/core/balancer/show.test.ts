import assert from 'node:assert/strict';
import { test } from 'node:test';
import { offer } from './offer.fixture.ts';
import { override, parseOverrides } from './override.ts';
import { changeBetween, routeLines, shownRoutes } from './show.ts';
import { buildTable } from './table.ts';

const tags: [tag: string, line: string][] = [
  ['/x', 'route add web /x http://10.0.0.1:8001/ tags "a,b"'],
  ['a.com/x strip=/x', 'route add web a.com/x http://10.0.0.1:8001/ tags "a,b" opts "strip=/x"'],
  ['/x weight=0.25', 'route add web /x http://10.0.0.1:8001/ weight 0.25 tags "a,b"'],
  [':1 proto=tcp', 'route add web :1 tcp://10.0.0.1:8001 tags "a,b"'],
  [
    '/x proto=https tlsskipverify=true host=dst',
    'route add web /x https://10.0.0.1:8001/ tags "a,b" opts "proto=https host=dst tlsskipverify=true"',
  ],
  [
    'a.com/ proto=tcp+sni pxyproto=true',
    'route add web a.com/ tcp://10.0.0.1:8001 tags "a,b" opts "proto=tcp+sni pxyproto=true"',
  ],
  [
    '/x redirect=301,https://y$path',
    'route add web /x https://y$path tags "a,b" opts "redirect=301"',
  ],
  [
    '/x sticky=lb auth=ops allow=ip:10.0.0.0/8 deny=1.1.1.1 prepend=/p',
    'route add web /x http://10.0.0.1:8001/ tags "a,b" ' +
      'opts "prepend=/p auth=ops sticky=lb allow=10.0.0.0/8 deny=1.1.1.1"',
  ],
];
for (const [tag, line] of tags) {
  test(`${tag} is shown in the language of overrides, and means the same there`, () => {
    const table = buildTable([offer(tag, 'web', 8_001, ['a', 'b'])]);
    assert.deepEqual(routeLines(table), [line]);
    const { commands, problems } = parseOverrides(line);
    assert.deepEqual(problems, []);
    assert.deepEqual(routeLines(buildTable(override([], commands))), [line]);
  });
}

test('a route is shown with its parts, its weight being its share of the traffic', () => {
  const [route] = shownRoutes(buildTable([offer('A.com/x weight=0.2', 'web', 8_001, ['t'])]));
  assert.deepEqual(route, {
    ...{ service: 'web', host: 'a.com', path: '/x', src: 'a.com/x', opts: '', weight: 1 },
    ...{ dst: 'http://10.0.0.1:8001/', tags: ['t'], from: 'web-8001' },
  });
});

test('a change tells lines that came and went', () => {
  const before = buildTable([offer('/x', 'web', 1), offer('/x', 'web', 2)]);
  const after = buildTable([offer('/x', 'web', 2), offer('/x', 'web', 3)]);
  const line = (port: number): string => `route add web /x http://10.0.0.1:${port}/`;
  assert.deepEqual(changeBetween(before, after), { added: [line(3)], removed: [line(1)] });
  assert.deepEqual(changeBetween(after, after), { added: [], removed: [] });
});
