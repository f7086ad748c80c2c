/** Variables. Source: https://developer.hashicorp.com/nomad/api-docs/variables */
import type { Variable } from '../../core/model/variable.ts';
import { shape, type Shape } from '../codec/codec.ts';
import { instantNs, int, listOf, text, textMap } from '../codec/fields.ts';
import { queryFlag, queryInt } from '../query.ts';
import { read, write } from '../route.ts';
import { LIST_QUERY } from './list-query.ts';

/** A variable without what it holds. */
export type VariableMeta = Omit<Variable, 'items'>;

export const VARIABLE_META: Shape<VariableMeta> = shape({
  namespace: text('Namespace'),
  path: text('Path'),
  createIndex: int('CreateIndex'),
  createdAt: instantNs('CreateTime'),
  modifyIndex: int('ModifyIndex'),
  modifiedAt: instantNs('ModifyTime'),
});

export const VARIABLE: Shape<Variable> = shape({
  namespace: text('Namespace'),
  path: text('Path'),
  createIndex: int('CreateIndex'),
  createdAt: instantNs('CreateTime'),
  modifyIndex: int('ModifyIndex'),
  modifiedAt: instantNs('ModifyTime'),
  items: textMap('Items'),
});

const CAS = {
  cas: queryInt('cas', 'only if its index is this; 0: only if there is none'),
} as const;

export const listVariables = read({
  name: 'var.list',
  path: '/v1/vars',
  about: 'Lists variables without what they hold.',
  query: { ...LIST_QUERY, prefix: { ...LIST_QUERY.prefix, about: 'only paths that begin so' } },
  reply: listOf(VARIABLE_META),
});

export const readVariable = read({
  name: 'var.read',
  path: '/v1/var/*path',
  about: 'One variable.',
  reply: VARIABLE,
});

export const writeVariable = write({
  name: 'var.write',
  path: '/v1/var/*path',
  about: 'Sets a variable; 409 and the present one where its index is another.',
  query: {
    ...CAS,
    lockAcquire: queryFlag('lock-acquire', 'refused: variables have no locks here'),
    lockRenew: queryFlag('lock-renew', 'refused'),
    lockRelease: queryFlag('lock-release', 'refused'),
  },
  body: VARIABLE,
  reply: VARIABLE,
});

export const deleteVariable = write({
  name: 'var.delete',
  method: 'DELETE',
  path: '/v1/var/*path',
  about: 'Deletes a variable; 409 and the present one where its index is another.',
  query: CAS,
});

export const VARIABLE_ROUTES = [
  listVariables,
  readVariable,
  writeVariable,
  deleteVariable,
] as const;
