/** The table of `identity`, in tasks and services. */
import type { WorkloadIdentity } from '../model/identity.ts';
import { duration, flag, table, text, texts } from './table.ts';

export const IDENTITY = table<WorkloadIdentity>({
  arguments: {
    name: text('name'),
    aud: texts('audience'),
    change_mode: text('changeMode'),
    change_signal: text('changeSignal'),
    env: flag('env'),
    file: flag('file'),
    filepath: text('filepath'),
    ttl: duration('ttlMs'),
  },
});
