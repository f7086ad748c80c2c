import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Millis } from '../../base/brand.ts';
import { offer } from './offer.fixture.ts';
import { page } from './page.ts';
import { changeBetween, routeLines, shownRoutes } from './show.ts';
import { buildTable, EMPTY_TABLE } from './table.ts';

const table = buildTable([
  offer('/a strip=/a proto=https', 'web', 1, ['<i>']),
  offer('db.com/ proto=tcp+sni', 'db', 2),
  offer(':3306 proto=tcp pxyproto=true', 'db', 3),
]);

test('the table is shown in the language it can be written in', () => {
  assert.deepEqual(routeLines(table), [
    'route add db db.com/ tcp://10.0.0.1:2 opts "proto=tcp+sni"',
    'route add web /a https://10.0.0.1:1/ tags "<i>" opts "proto=https strip=/a"',
    'route add db :3306 tcp://10.0.0.1:3 opts "pxyproto=true"',
  ]);
  assert.deepEqual(changeBetween(EMPTY_TABLE, table).added.length, 3);
  assert.deepEqual(changeBetween(table, table), { added: [], removed: [] });
});

test('the page tells routes, requests under way, history and what was skipped; all is escaped', () => {
  const html = page({
    routes: shownRoutes(table),
    history: [{ at: 0 as Millis, rules: 3, added: ['route add <x>'], removed: ['route add old'] }],
    problems: ['service "x": tag "<script>"'],
    active: new Map([['10.0.0.1:1', 7]]),
  });
  assert.match(html, /<td class="n">100.0%<td class="n">7</);
  assert.match(html, /class="added">\+ route add &lt;x&gt;/);
  assert.match(html, /class="removed">- route add old/);
  assert.ok(html.includes('&lt;script&gt;') && !html.includes('<script>') && !html.includes('<i>'));
});
