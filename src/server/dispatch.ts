/** The child of a parameterized job. */
import type { Millis } from '../base/brand.ts';
import { Failure } from '../base/failure.ts';
import { DISPATCH_PAYLOAD_BYTES_MAX } from '../core/limits.ts';
import type { JobId } from '../core/model/ids.ts';
import type { Job, JobSpec, Parameterized } from '../core/model/job.ts';
import { specOf } from '../core/state/job-spec.ts';
import type { DispatchRequest } from './operations.ts';

/**
 * Makes the child that one dispatch asks for.
 *
 * Fails: `invalid` the job takes no dispatches, or not this one, and why.
 * Source: Nomad's `Job.Dispatch`, in its words.
 */
export function dispatchedChild(
  parent: Job,
  request: DispatchRequest,
  now: Millis,
  uuid: string,
): JobSpec {
  const { parameterized } = parent;
  if (parameterized === undefined) {
    throw new Failure('invalid', `Specified job "${parent.id}" is not a parameterized job`);
  }
  checkPayload(parameterized, request.payload);
  checkMeta(parameterized, request.meta);
  const prefix = request.idPrefix === '' ? '' : `${request.idPrefix}-`;
  const launched = `${prefix}${Math.floor(now / 1_000)}-${uuid.slice(0, 8)}`;
  const id = `${parent.id}/dispatch-${launched}` as JobId;
  return {
    ...specOf(parent),
    id,
    name: id,
    parentId: parent.id,
    dispatched: true,
    meta: { ...parent.meta, ...request.meta },
    payload: request.payload,
    dispatchIdempotencyToken: request.idempotencyToken,
  };
}

function checkPayload({ payload: rule }: Parameterized, payload: string): void {
  if (rule === 'required' && payload === '') {
    throw invalid('Payload is not provided but required by parameterized job');
  }
  if (rule === 'forbidden' && payload !== '') {
    throw invalid('Payload provided but forbidden by parameterized job');
  }
  const bytes = Math.floor((payload.replace(/=+$/, '').length * 3) / 4);
  if (bytes > DISPATCH_PAYLOAD_BYTES_MAX) {
    throw invalid(`Payload exceeds maximum size; ${bytes} > ${DISPATCH_PAYLOAD_BYTES_MAX}`);
  }
}

function checkMeta(rule: Parameterized, meta: Readonly<Record<string, string>>): void {
  const known = new Set([...rule.metaRequired, ...rule.metaOptional]);
  const extra = Object.keys(meta).filter((key) => !known.has(key));
  if (extra.length > 0) {
    throw invalid(`Dispatch request included unpermitted metadata keys: ${list(extra)}`);
  }
  const missing = rule.metaRequired.filter((key) => !Object.hasOwn(meta, key));
  if (missing.length > 0) {
    throw invalid(`Dispatch did not provide required meta keys: ${list(missing)}`);
  }
}

function list(keys: readonly string[]): string {
  return `[${keys.join(' ')}]`;
}

function invalid(message: string): Failure {
  return new Failure('invalid', message);
}
