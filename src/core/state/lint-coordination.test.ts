import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Index } from '../../base/brand.ts';
import { CoordinationWorld, sessionFacts, sessionId } from '../../../test/coordination-world.ts';
import { Edit } from './edit.ts';
import { lintCoordination } from './lint-coordination.ts';
import { notesOf } from './lint-note.ts';

/** The rules that a state breaks after changes that no entry would make. */
function broken(change: (edit: Edit) => void): readonly string[] {
  const world = new CoordinationWorld({ down: 'critical' });
  world.session(1);
  world.lock('k', 1);
  const edit = new Edit(world.state, (world.state.index + 1) as Index, world.at);
  change(edit);
  return Array.from(notesOf(lintCoordination(edit.finish())), ({ rule }) => rule);
}

test('what is wrong with keys and sessions is found', () => {
  const indexes = (edit: Edit): { createIndex: Index; modifyIndex: Index } => ({
    createIndex: edit.index,
    modifyIndex: edit.index,
  });
  const session = (edit: Edit, more: object): void => {
    const row = { ...sessionFacts(2), ...more, ...indexes(edit) };
    edit.putPlain('sessions', row, row.id);
  };
  const pair = (edit: Edit, lockIndex: number): void => {
    const row = { key: 'x', value: '', flags: '0', session: sessionId(1), ...indexes(edit) };
    edit.putPlain('kv', { ...row, lockIndex: lockIndex as Index }, 'x');
  };
  const rows: readonly [what: string, change: (edit: Edit) => void, rules: readonly string[]][] = [
    ['nothing', () => undefined, []],
    ['no holder', (edit) => edit.deletePlain('sessions', sessionId(1)), ['lock-orphaned']],
    ['no token', (edit) => pair(edit, 0), ['lock-orphaned']],
    ['a token of the future', (edit) => pair(edit, 999), ['index-wrong']],
    ['no node', (edit) => session(edit, { node: 'none' }), ['session-orphaned']],
    ['no check', (edit) => session(edit, { nodeChecks: ['none'] }), ['session-orphaned']],
    ['a critical check', (edit) => session(edit, { nodeChecks: ['down'] }), ['session-orphaned']],
  ];
  for (const [what, change, rules] of rows) assert.deepEqual(broken(change), rules, what);
});
