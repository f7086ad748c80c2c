/** Workload identities on the wire. */
import type { WorkloadIdentity } from '../../core/model/identity.ts';
import { OMIT, shape, type Shape } from '../codec/codec.ts';
import { bool, duration, text, texts } from '../codec/fields.ts';

export const IDENTITY: Shape<WorkloadIdentity> = shape({
  name: text('Name'),
  audience: texts('Audience'),
  changeMode: text('ChangeMode'),
  changeSignal: text('ChangeSignal'),
  env: bool('Env'),
  file: bool('File'),
  filepath: text('Filepath', OMIT),
  ttlMs: duration('TTL', OMIT),
});
