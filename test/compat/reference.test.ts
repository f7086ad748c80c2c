/** The documentation of the APIs is made of the routes themselves. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { API_PAGES, apiPage } from '../../scripts/api-pages.ts';
import { CONSUL_ROUTES } from '../../src/api/consul/all-routes.ts';
import { NOMAD_ROUTES } from '../../src/api/nomad/all-routes.ts';

const docs = join(import.meta.dirname, '../../docs/reference');

test('the pages of the APIs tell every endpoint there is', () => {
  const told = API_PAGES.flatMap(({ sections }) => sections.flatMap(([, routes]) => routes));
  assert.deepEqual(new Set(told), new Set([...NOMAD_ROUTES, ...CONSUL_ROUTES]));
});

for (const page of API_PAGES) {
  test(`${page.file}.md says what the routes say`, () => {
    const why = 'run: node --import tsx scripts/reference.ts';
    assert.equal(readFileSync(join(docs, `${page.file}.md`), 'utf8'), apiPage(page), why);
  });
}
