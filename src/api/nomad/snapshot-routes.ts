/** The state as one file. Source: https://developer.hashicorp.com/nomad/api-docs/operator/snapshot */
import { ask, upload } from '../route.ts';

export const saveOperatorSnapshot = ask({
  name: 'operator.snapshot.save',
  path: '/v1/operator/snapshot',
  about: 'The state of the servers as one file, with its sum in the header `Digest`.',
  answers: 'bytes',
});

export const restoreOperatorSnapshot = upload({
  name: 'operator.snapshot.restore',
  path: '/v1/operator/snapshot',
  also: ['POST'],
  about: 'Puts the state back to what a file holds.',
});

export const OPERATOR_SNAPSHOT_ROUTES = [saveOperatorSnapshot, restoreOperatorSnapshot] as const;
