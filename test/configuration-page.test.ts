import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { configurationPage } from '../scripts/configuration-page.ts';
import { AGENT_SETTINGS } from '../src/core/agent-config/shape.ts';

const docs = join(import.meta.dirname, '../docs/reference');

test('the page of the configuration says what the table says', () => {
  const notes = readFileSync(join(docs, 'configuration.notes.md'), 'utf8');
  const page = readFileSync(join(docs, 'configuration.md'), 'utf8');
  const why = 'run: node --import tsx scripts/reference.ts';
  assert.equal(page, configurationPage(AGENT_SETTINGS, notes), why);
});
