/** Several operations at once. Source: https://developer.hashicorp.com/consul/api-docs/txn */
import { listOf } from '../codec/fields.ts';
import { change } from '../route.ts';
import { TXN_ANSWER, TXN_OP } from './txn-codec.ts';

export const applyTxn = change({
  name: 'txn',
  path: '/v1/txn',
  about: 'Does several operations, all or none; status 409 and `Errors` when one fails.',
  body: listOf(TXN_OP),
  reply: TXN_ANSWER,
});

export const TXN_ROUTES = [applyTxn] as const;
