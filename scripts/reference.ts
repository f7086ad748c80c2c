/**
 * Writes `docs/reference/commands.md` from the table of commands and the notes beside it. A test
 * fails when the page is older than the table.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeCommands } from '../src/cli/commands.ts';
import { commandReference } from '../src/cli/reference.ts';

const docs = join(import.meta.dirname, '..', 'docs', 'reference');
const nothing = (): Promise<number> => Promise.resolve(0);
const commands = makeCommands({ version: '', agent: nothing, keeper: nothing });
const notes = readFileSync(join(docs, 'commands.notes.md'), 'utf8');
writeFileSync(join(docs, 'commands.md'), commandReference(commands, notes));
