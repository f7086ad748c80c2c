/** Sessions on the wire. */
import type { Session, SessionBehavior, SessionId } from '../../core/model/session.ts';
import { OMIT, shape, type Codec, type Shape } from '../codec/codec.ts';
import { converted, int, list, maybe, nested, text, texts } from '../codec/fields.ts';
import { LOCK_DELAY, TTL } from './duration-codec.ts';

interface ServiceCheckRef {
  readonly id: string;
  readonly namespace: string;
}

const SERVICE_CHECK_REF: Codec<string> = converted(
  shape<ServiceCheckRef>({ id: text('ID'), namespace: text('Namespace') }),
  (id) => ({ id, namespace: '' }),
  ({ id }) => id,
);

export const SESSION: Shape<Session> = shape({
  id: text('ID'),
  name: text('Name'),
  node: text('Node'),
  lockDelayMs: nested('LockDelay', LOCK_DELAY, 0),
  behavior: text('Behavior'),
  ttlMs: nested('TTL', TTL, ''),
  nodeChecks: texts('NodeChecks'),
  serviceChecks: list('ServiceChecks', SERVICE_CHECK_REF),
  createIndex: int('CreateIndex'),
  modifyIndex: int('ModifyIndex'),
});

/** A session to be made; what is absent gets its default. */
export interface SessionBody {
  readonly name?: string;
  /** Name of a node in the catalog; absent: the agent's. */
  readonly node?: string;
  readonly lockDelayMs?: number;
  readonly behavior?: SessionBehavior;
  /** As it was written: the handler says what is wrong with it. */
  readonly ttl?: string;
  /** Older name of `nodeChecks`. */
  readonly checks?: readonly string[];
  /** Present but empty: none, not even `serfHealth`. */
  readonly nodeChecks?: readonly string[];
  readonly serviceChecks?: readonly string[];
}

export const SESSION_BODY: Shape<SessionBody> = shape({
  name: maybe(text('Name', OMIT)),
  node: maybe(text('Node', OMIT)),
  lockDelayMs: maybe(nested('LockDelay', LOCK_DELAY, OMIT)),
  behavior: maybe(text('Behavior', OMIT)),
  ttl: maybe(text('TTL', OMIT)),
  checks: maybe(texts('Checks', OMIT)),
  nodeChecks: maybe(texts('NodeChecks', OMIT)),
  serviceChecks: maybe(list('ServiceChecks', SERVICE_CHECK_REF, OMIT)),
});

export const SESSION_ID: Shape<{ readonly id: SessionId }> = shape({ id: text('ID') });
