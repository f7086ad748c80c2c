/**
 * Asking the leader, whoever it is just now, from a server that follows.
 *
 * LE1: a request that was not taken up (nobody leads, the leader is out of reach, whoever was asked
 *      does not lead, or led when it came and no longer when it was to be written) is sent again to
 *      whoever leads next, within a bound; one that may have been taken up is sent again only where
 *      that changes nothing.
 * LE2: what a leader was asked and has not begun to answer is given up as soon as another leads:
 *      one that stands still would be waited for until its silence is believed.
 */
import { Bug } from '../base/assert.ts';
import { Failure } from '../base/failure.ts';
import type { Soon } from '../base/soon.ts';
import { isNotTaken, notTaken } from '../core/link/not-taken.ts';
import type { Clock } from '../ports/clock.ts';
import type { Service } from '../ports/service.ts';
import type { Caller } from './caller.ts';
import type { Asked, CallOptions, Exchange, LinkSession } from './session.ts';

export interface LeaderDeps {
  /** True while this server leads, and takes requests for others. */
  readonly isLeading: () => boolean;
  /** `host:port` of the leader's link; empty while nobody leads. */
  readonly address: () => string;
  /** Yields the leader's address at once and at each change, until the signal aborts. */
  readonly addresses: (signal: AbortSignal) => AsyncIterable<string>;
  readonly sessionWith: (address: string) => LinkSession | undefined;
  readonly clock: Clock;
}

/** How long a request waits for a leader [ms]: longer than an election takes. */
const LEADER_MS = 10_000;
/** Between two looks [ms]. */
const LOOK_MS = 20;

/** A leader that hands over says within so long what became of what it took up [ms]. */
const HANDOVER_MS = 250;

/** Asks the leader over the link. Fails at once where it is out of reach; see `throughLeader`. */
export class LeaderCaller implements Caller, Service {
  readonly name = 'leader';
  readonly #deps: LeaderDeps;
  /** Calls whose answer has not begun, and the address that was asked. */
  readonly #waiting = new Map<AbortController, string>();

  constructor(deps: LeaderDeps) {
    this.#deps = deps;
  }

  /** LE2. */
  async run(signal: AbortSignal): Promise<void> {
    const { addresses, clock } = this.#deps;
    for await (const leader of addresses(signal)) {
      const former = [...this.#waiting].filter(([, asked]) => asked !== leader);
      if (former.length === 0) continue;
      await clock.sleep(HANDOVER_MS, signal);
      for (const [giveUp] of former) {
        // An answer may have begun meanwhile.
        if (!this.#waiting.has(giveUp)) continue;
        giveUp.abort(new Failure('unavailable', 'another server leads now'));
      }
    }
  }

  async call(method: string, body: unknown, options: CallOptions): Promise<unknown> {
    return this.open(method, body, options).reply;
  }

  open(method: string, body: unknown, { signal, deadlineMs }: CallOptions): Exchange {
    const address = this.#deps.address();
    const session = this.#sessionWith(address);
    const giveUp = new AbortController();
    const stop = (): void => giveUp.abort();
    const begun = (): void => {
      this.#waiting.delete(giveUp);
    };
    const over = (): void => {
      begun();
      signal.removeEventListener('abort', stop);
    };
    if (signal.aborted) stop();
    const options = { signal: giveUp.signal, ...(deadlineMs === undefined ? {} : { deadlineMs }) };
    const exchange = session.open(method, body, options);
    this.#waiting.set(giveUp, address);
    signal.addEventListener('abort', stop, { once: true });
    exchange.reply.then(over, over);
    return { ...exchange, pieces: noted(exchange.pieces, begun) };
  }

  #sessionWith(address: string): LinkSession {
    if (address === '') throw notTaken('no server leads');
    const session = this.#deps.sessionWith(address);
    if (session === undefined) throw notTaken(`the leader at ${address} is out of reach`);
    return session;
  }
}

async function* noted(pieces: AsyncIterable<unknown>, begun: () => void): AsyncGenerator {
  for await (const piece of pieces) {
    begun();
    yield piece;
  }
}

/** Refuses what another server asks as of a leader, where this one does not lead. */
export function admitAsLeader(isLeading: () => boolean, { session }: Asked): void {
  if (session.peer.role === 'server' && !isLeading()) throw notTaken('this server does not lead');
}

export interface Work<T> {
  /** Where this server leads. */
  readonly here: () => Soon<T>;
  /** Where another does. */
  readonly there: () => Soon<T>;
  /** True: it may be carried out twice. */
  readonly repeatable: boolean;
}

/** Carries work out by the leader (LE1). Fails: `unavailable` nobody leads for too long. */
export async function throughLeader<T>(
  { here, there, repeatable }: Work<T>,
  { isLeading, clock }: Pick<LeaderDeps, 'isLeading' | 'clock'>,
  signal: AbortSignal,
): Promise<T> {
  const until = clock.elapsedMs() + LEADER_MS;
  for (;;) {
    try {
      return await (isLeading() ? here() : there());
    } catch (error) {
      if (!mayRepeat(error, repeatable) || clock.elapsedMs() >= until || signal.aborted)
        throw error;
    }
    await clock.sleep(LOOK_MS, signal);
  }
}

function mayRepeat(error: unknown, repeatable: boolean): boolean {
  if (error instanceof Bug || !(error instanceof Failure)) return false;
  if (isNotTaken(error)) return true;
  return repeatable && error.fault === 'unavailable';
}
