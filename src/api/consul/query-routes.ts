/** Prepared queries. Source: https://developer.hashicorp.com/consul/api-docs/query */
import { listOf } from '../codec/fields.ts';
import { queryFlag, queryInt, queryText } from '../query.ts';
import { change, read } from '../route.ts';
import { EXPLAINED, PREPARED_QUERY, QUERY_ANSWER, QUERY_ID } from './query-codec.ts';

export const createQuery = change({
  name: 'query.create',
  path: '/v1/query',
  method: 'POST',
  about: 'Makes a prepared query.',
  body: PREPARED_QUERY,
  reply: QUERY_ID,
});

export const listQueries = read({
  name: 'query.list',
  path: '/v1/query',
  about: 'All prepared queries.',
  reply: listOf(PREPARED_QUERY),
});

export const readQuery = read({
  name: 'query.read',
  path: '/v1/query/:id',
  about: 'One prepared query in a list; status 404 when there is none.',
  reply: listOf(PREPARED_QUERY),
});

export const updateQuery = change({
  name: 'query.update',
  path: '/v1/query/:id',
  about: 'Changes a prepared query.',
  body: PREPARED_QUERY,
});

export const deleteQuery = change({
  name: 'query.delete',
  path: '/v1/query/:id',
  method: 'DELETE',
  about: 'Deletes a prepared query.',
});

export const executeQuery = read({
  name: 'query.execute',
  path: '/v1/query/:id/execute',
  about: 'What a prepared query, by id or name, finds now.',
  query: {
    near: queryText('near', 'nearest to this node first; `_agent`: to the one that is asked'),
    limit: queryInt('limit', 'at most so many instances'),
    connect: queryFlag('connect', 'instances through which the mesh reaches the service'),
  },
  reply: QUERY_ANSWER,
});

export const explainQuery = read({
  name: 'query.explain',
  path: '/v1/query/:id/explain',
  about: 'The query that a name leads to, its template filled in.',
  reply: EXPLAINED,
});

export const QUERY_ROUTES = [
  createQuery,
  listQueries,
  readQuery,
  updateQuery,
  deleteQuery,
  executeQuery,
  explainQuery,
] as const;
