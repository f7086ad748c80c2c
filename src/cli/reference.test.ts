import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { COMMANDS } from './golden.fixture.ts';
import { commandReference } from './reference.ts';

const docs = join(import.meta.dirname, '../../docs/reference');
const page = readFileSync(join(docs, 'commands.md'), 'utf8');

test('the page of commands says what the table says', () => {
  const notes = readFileSync(join(docs, 'commands.notes.md'), 'utf8');
  const why = 'run: node --import tsx scripts/reference.ts';
  assert.equal(page, commandReference(COMMANDS, notes), why);
});

test('each command has its section, the hidden ones have none', () => {
  for (const { name, hidden } of COMMANDS) {
    assert.equal(page.includes(`\n## ${name}\n`), hidden !== true, name);
  }
});
