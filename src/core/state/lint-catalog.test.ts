import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CatalogWorld, machine, offer, probe } from '../../../test/catalog-world.ts';
import { allocId, uuid } from '../../../test/state-world.ts';
import type { Index } from '../../base/brand.ts';
import { onNode } from '../model/catalog.ts';
import { Edit } from './edit.ts';
import { lintCatalog } from './lint-catalog.ts';
import { notesOf } from './lint-note.ts';

/** What is said of a catalog after an edit that no entry makes. */
function said(spoil: (edit: Edit) => void): readonly string[] {
  const world = new CatalogWorld();
  const check = probe('c', { serviceId: 's' });
  world.register(machine('a', { id: uuid('mach', 1) }), [offer('s')], [check]);
  assert.deepEqual([...notesOf(lintCatalog(world.state))], []);
  const edit = new Edit(world.state, (world.state.index + 1) as Index, world.at);
  spoil(edit);
  return [...notesOf(lintCatalog(edit.finish()))].map(({ rule, subject }) => `${rule} ${subject}`);
}

test('what the catalog must never hold is told', () => {
  const indexes = (edit: Edit): { createIndex: Index; modifyIndex: Index } => ({
    createIndex: edit.index,
    modifyIndex: edit.index,
  });
  assert.deepEqual(
    said((edit) => edit.deletePlain('catalogNodes', 'a')),
    ['catalog-orphaned a/s', 'catalog-orphaned a/c'],
  );
  assert.deepEqual(
    said((edit) => edit.deletePlain('services', onNode('a', 's'))),
    ['catalog-orphaned a/c'],
  );
  assert.deepEqual(
    said((edit) => {
      const row = { ...offer('new', { id: 's' }), node: 'a', ...indexes(edit) };
      edit.putPlain('services', row, onNode('a', 's'));
    }),
    ['catalog-orphaned a/c'],
  );
  assert.deepEqual(
    said((edit) => {
      const row = { ...offer('x', { allocId: allocId(1) }), node: 'a', ...indexes(edit) };
      edit.putPlain('services', row, onNode('a', 'x'));
    }),
    ['ended-alloc-found a/x'],
  );
  assert.deepEqual(
    said((edit) => {
      const row = { ...machine('b', { id: uuid('mach', 1) }), ...indexes(edit) };
      edit.putPlain('catalogNodes', row, 'b');
    }),
    [`node-id-twice ${uuid('mach', 1)}`],
  );
});
