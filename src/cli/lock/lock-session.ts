/**
 * The session of a lock, or of a remote job: renewed as long as it is wanted, and the lease that
 * follows from it.
 *
 * L1: a lease counts from before its renewal was sent; nothing else makes it longer.
 */
import { createSession, destroySession, renewSession } from '../../api/consul/session-routes.ts';
import type { SessionBody } from '../../api/consul/session-codec.ts';
import type { Api } from '../../api/api.ts';
import { Failure } from '../../base/failure.ts';
import { leaseOf, type Lease } from '../../core/lock/guard.ts';
import type { SessionId } from '../../core/model/session.ts';
import type { World } from '../world.ts';

/** The session's, when it is not renewed. Source: Consul's clients. */
const TTL_MS = 15_000;
/** Renewals in one time to live: one of them may be lost. */
const RENEWALS = 3;
/** Pause before a renewal that failed is tried again [ms]. */
const RETRY_MS = 1000;
/** Longer than this nobody waits for a session to be destroyed: it ends by itself [ms]. */
const DESTROY_MS = 5000;

type Clock = Pick<World, 'sleep' | 'uptimeMs'>;

export class LockSession {
  readonly id: SessionId;
  readonly #api: Api;
  readonly #world: Clock;
  #lease: Lease;
  #onLease: (lease: Lease) => void = () => undefined;

  private constructor(id: SessionId, lease: Lease, api: Api, world: Clock) {
    this.id = id;
    this.#lease = lease;
    this.#api = api;
    this.#world = world;
  }

  /** Makes a session. Fails: as the API does. */
  static async open(
    api: Api,
    facts: Pick<SessionBody, 'name' | 'behavior'>,
    world: Pick<World, 'sleep' | 'uptimeMs' | 'signal'>,
  ): Promise<LockSession> {
    const sentAt = world.uptimeMs();
    const body = { ...facts, ttl: `${TTL_MS / 1000}s` };
    const { id } = await api.call(createSession, { body }, world.signal);
    return new LockSession(id, leaseOf(sentAt, TTL_MS), api, world);
  }

  /** How long what it locked is certain to stay locked. */
  get lease(): Lease {
    return this.#lease;
  }

  /** Tells each new lease, the present one at once. */
  set onLease(listener: (lease: Lease) => void) {
    this.#onLease = listener;
    listener(this.#lease);
  }

  /** Renews until the signal aborts. Resolves before that when the session is, or may be, lost. */
  async keep(signal: AbortSignal): Promise<void> {
    let pause = TTL_MS / RENEWALS;
    for (;;) {
      await this.#world.sleep(pause, signal);
      if (signal.aborted) return;
      const renewed = await this.#renew(signal);
      if (renewed === 'gone' || this.#world.uptimeMs() >= this.#lease.termAt) return;
      pause = renewed === 'renewed' ? TTL_MS / RENEWALS : RETRY_MS;
    }
  }

  async #renew(signal: AbortSignal): Promise<'renewed' | 'gone' | 'failed'> {
    const sentAt = this.#world.uptimeMs();
    const within = AbortSignal.any([signal, AbortSignal.timeout(TTL_MS / RENEWALS)]);
    try {
      await this.#api.call(renewSession, { params: { id: this.id } }, within);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      return error.fault === 'not_found' ? 'gone' : 'failed';
    }
    this.#lease = leaseOf(sentAt, TTL_MS);
    this.#onLease(this.#lease);
    return 'renewed';
  }

  /** Ends it; an agent that does not answer is not waited for. */
  async destroy(): Promise<void> {
    const params = { id: this.id };
    try {
      await this.#api.call(destroySession, { params }, AbortSignal.timeout(DESTROY_MS));
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
    }
  }
}
