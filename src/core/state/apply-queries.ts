/**
 * Prepared queries.
 *
 * Q1: no two have one name, however written; of those without a name only one is a template.
 * Q2: the session of a query exists: its end takes the query along (`session-edits.ts`).
 */
import { same } from '../../base/same.ts';
import { folded } from '../model/catalog.ts';
import type { PreparedQuery } from '../model/prepared-query.ts';
import type { QueryDeleted, QuerySet } from './discovery-entry.ts';
import type { Edit } from './edit.ts';
import { accepted, refused } from './outcome.ts';
import type { Outcome } from './outcome.ts';

export function setQuery(edit: Edit, { query, mustExist }: QuerySet): Outcome {
  const before = edit.table('preparedQueries').get(query.id);
  if (mustExist && before === undefined) {
    return refused('not_found', `there is no prepared query "${query.id}"`);
  }
  const isNamed = query.name !== '' || query.template !== undefined;
  const [namesake] = isNamed
    ? edit.table('preparedQueries').keysBy('name', folded(query.name))
    : [];
  if (namesake !== undefined && namesake !== query.id) {
    const what = query.name === '' ? 'a template without a name' : `"${query.name}"`;
    return refused('conflict', `there is a prepared query named ${what} already`);
  }
  if (query.session !== undefined && edit.table('sessions').get(query.session) === undefined) {
    return refused('invalid', `invalid session "${query.session}"`);
  }
  const written: PreparedQuery = {
    ...query,
    createIndex: before?.createIndex ?? edit.index,
    modifyIndex: edit.index,
  };
  if (before !== undefined && same({ ...written, modifyIndex: before.modifyIndex }, before)) {
    return accepted(edit);
  }
  edit.putPlain('preparedQueries', written, query.id);
  return accepted(edit);
}

export function deleteQuery(edit: Edit, { id }: QueryDeleted): Outcome {
  if (edit.table('preparedQueries').get(id) === undefined) {
    return refused('not_found', `there is no prepared query "${id}"`);
  }
  edit.deletePlain('preparedQueries', id);
  return accepted(edit);
}
