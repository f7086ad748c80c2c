/**
 * Writes `docs/reference/commands.md` and `configuration.md` from the tables of commands and of
 * settings, and the notes beside them; and the pages of the HTTP APIs from their routes. A test
 * fails when a page is older than what it is made from.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeCommands } from '../src/cli/commands.ts';
import { commandReference } from '../src/cli/reference.ts';
import { AGENT_SETTINGS } from '../src/core/agent-config/shape.ts';
import { API_PAGES, apiPage } from './api-pages.ts';
import { configurationPage } from './configuration-page.ts';

const docs = join(import.meta.dirname, '..', 'docs', 'reference');
const nothing = (): Promise<number> => Promise.resolve(0);
const own = { agent: nothing, keeper: nothing, lockGuard: nothing };
const roles = { ...own, balancer: nothing, migrateEngine: nothing };
const commands = makeCommands({ version: '', ...roles });
const notesOf = (page: string): string => readFileSync(join(docs, `${page}.notes.md`), 'utf8');
writeFileSync(join(docs, 'commands.md'), commandReference(commands, notesOf('commands')));
writeFileSync(
  join(docs, 'configuration.md'),
  configurationPage(AGENT_SETTINGS, notesOf('configuration')),
);
for (const page of API_PAGES) writeFileSync(join(docs, `${page.file}.md`), apiPage(page));
