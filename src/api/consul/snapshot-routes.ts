/** The state as one file. Source: https://developer.hashicorp.com/consul/api-docs/snapshot */
import { ask, upload } from '../route.ts';

export const saveSnapshot = ask({
  name: 'snapshot.save',
  path: '/v1/snapshot',
  about: 'The state of the servers as one file.',
  answers: 'bytes',
});

export const restoreSnapshot = upload({
  name: 'snapshot.restore',
  path: '/v1/snapshot',
  about: 'Puts the state back to what a file holds.',
});

export const SNAPSHOT_ROUTES = [saveSnapshot, restoreSnapshot] as const;
