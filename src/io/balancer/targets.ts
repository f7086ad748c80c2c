/**
 * Connections to targets: a pool for each address and way of speaking.
 *
 * T1: a request that no byte has left of goes to another connection without anybody noticing.
 * T2: connections to one target, and requests that wait for one, are bounded.
 * T3: a target that left has `drainTimeoutMs` for what is under way; what it has not begun to
 *     answer by then, as its machine is out of reach, is asked of another one where that may be.
 */
import type { AttemptFault } from '../../core/balancer/request.ts';
import type { Attempt, ProxyLimits } from '../../ports/balancer.ts';
import { LOOK_MS_MAX, LOOK_MS_MIN, WAITING_MAX } from './limits.ts';
import { TargetConnection, type Asker, type ConnectionOwner } from './target-connection.ts';

/** Where an ask is: with a connection, or waiting for one. */
export interface Asked {
  /** The asker hears nothing more. What has gone on to another is left alone. */
  cancel(asker: Asker): void;
}

export class Targets {
  #limits: ProxyLimits;
  readonly #pools = new Map<string, Pool>();
  /** Those that left the table and have requests under way. */
  readonly #leaving = new Set<Pool>();
  #look: NodeJS.Timeout | undefined;

  constructor(limits: ProxyLimits) {
    this.#limits = limits;
  }

  get limits(): ProxyLimits {
    return this.#limits;
  }

  /** What begins from now on is bounded by these. */
  set limits(limits: ProxyLimits) {
    this.#limits = limits;
    for (const pool of this.#pools.values()) pool.limits = limits;
    clearInterval(this.#look);
    this.#look = this.#keepLooking();
  }

  ask(attempt: Attempt, asker: Asker): Asked {
    const { address, secure, skipVerify } = attempt;
    // The same text each time, which is found at once; one made anew would be read first.
    const key = secure ? `${address}${skipVerify ? ' unverified' : ' secure'}` : address;
    let pool = this.#pools.get(key);
    if (pool === undefined) {
      pool = new Pool(attempt, this.#limits);
      this.#pools.set(key, pool);
    }
    this.#look ??= this.#keepLooking();
    return pool.ask(asker);
  }

  keepOnly(addresses: ReadonlySet<string>): void {
    for (const [key, pool] of this.#pools) {
      if (addresses.has(pool.address)) continue;
      this.#pools.delete(key);
      pool.leave(performance.now() + this.#limits.drainTimeoutMs);
      this.#leaving.add(pool);
    }
  }

  close(): void {
    clearInterval(this.#look);
    this.#look = undefined;
    for (const pool of [...this.#pools.values(), ...this.#leaving]) pool.destroy();
    this.#pools.clear();
    this.#leaving.clear();
  }

  /** One look at all deadlines now and then costs less than a timer for each request. */
  #keepLooking(): NodeJS.Timeout {
    const { dialTimeoutMs, responseTimeoutMs, idleTimeoutMs } = this.#limits;
    const set = [dialTimeoutMs, responseTimeoutMs, idleTimeoutMs].filter((ms) => ms > 0);
    const everyMs = Math.min(LOOK_MS_MAX, Math.max(LOOK_MS_MIN, Math.min(...set) / 8));
    const look = setInterval(() => {
      const nowMs = performance.now();
      for (const pool of this.#pools.values()) pool.expire(nowMs);
      for (const pool of this.#leaving) {
        pool.expire(nowMs);
        if (pool.isEmpty) this.#leaving.delete(pool);
      }
    }, everyMs);
    return look.unref();
  }
}

class Pool implements ConnectionOwner {
  readonly address: string;
  limits: ProxyLimits;
  readonly #attempt: Attempt;
  /** The latest used last: the others may expire. */
  readonly #idle: TargetConnection[] = [];
  readonly #open = new Set<TargetConnection>();
  readonly #waiting = new Set<Waiting>();
  /** Undefined: it stays. */
  #endsAtMs: number | undefined;

  constructor(attempt: Attempt, limits: ProxyLimits) {
    this.address = attempt.address;
    this.#attempt = attempt;
    this.limits = limits;
  }

  get isEmpty(): boolean {
    return this.#open.size === 0 && this.#waiting.size === 0;
  }

  ask(asker: Asker): Asked {
    for (;;) {
      const kept = this.#idle.pop();
      if (kept === undefined) break;
      if (kept.deadlineMs <= performance.now()) kept.destroy();
      else if (kept.ask(asker)) return kept;
    }
    if (this.#open.size < this.limits.connectionsMax) return this.#dial(asker);
    const { responseTimeoutMs: ms } = this.limits;
    const waiting = new Waiting(asker, ms === 0 ? Infinity : performance.now() + ms);
    if (this.#waiting.size < WAITING_MAX) this.#waiting.add(waiting);
    else queueMicrotask(() => waiting.fail('timeout'));
    return waiting;
  }

  free(connection: TargetConnection): void {
    for (const next of this.#waiting) {
      this.#waiting.delete(next);
      const { asker } = next;
      if (asker === undefined) continue;
      next.given = connection.ask(asker) ? connection : this.#dial(asker);
      return;
    }
    if (this.#endsAtMs === undefined) this.#idle.push(connection);
    else connection.destroy();
  }

  closed(connection: TargetConnection): void {
    this.#open.delete(connection);
    const at = this.#idle.lastIndexOf(connection);
    if (at >= 0) this.#idle.splice(at, 1);
    for (const next of this.#waiting) {
      this.#waiting.delete(next);
      if (next.asker === undefined) continue;
      next.given = this.#dial(next.asker);
      return;
    }
  }

  /** Nothing new comes; what is under way has until then. */
  leave(endsAtMs: number): void {
    this.#endsAtMs = endsAtMs;
    for (const connection of this.#idle.splice(0)) connection.destroy();
  }

  expire(nowMs: number): void {
    const isOver = this.#endsAtMs !== undefined && nowMs >= this.#endsAtMs;
    for (const connection of this.#open) {
      if (isOver) connection.left();
      else if (nowMs >= connection.deadlineMs) connection.expired();
    }
    for (const waiting of this.#waiting) {
      if (!isOver && nowMs < waiting.deadlineMs) continue;
      this.#waiting.delete(waiting);
      waiting.fail(isOver ? 'connect' : 'timeout');
    }
  }

  /** Nobody is to be asked in its place. */
  destroy(): void {
    this.leave(Infinity);
    for (const connection of this.#open) connection.expired();
    for (const waiting of this.#waiting) waiting.fail('timeout');
    this.#waiting.clear();
  }

  #dial(asker: Asker): TargetConnection {
    const connection = new TargetConnection(this.#attempt, asker, this);
    this.#open.add(connection);
    return connection;
  }
}

/** An ask that waits for a connection to become free. */
class Waiting implements Asked {
  readonly deadlineMs: number;
  /** Undefined: nobody waits any more. */
  asker: Asker | undefined;
  /** What it got. */
  given: TargetConnection | undefined;

  constructor(asker: Asker, deadlineMs: number) {
    this.asker = asker;
    this.deadlineMs = deadlineMs;
  }

  cancel(asker: Asker): void {
    this.asker = undefined;
    this.given?.cancel(asker);
  }

  fail(fault: AttemptFault): void {
    const { asker } = this;
    this.asker = undefined;
    asker?.failed(fault);
  }
}
