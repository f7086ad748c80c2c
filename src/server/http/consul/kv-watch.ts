/**
 * Exact changes of many keys over one stream. Consul has nothing like it: its watches read all that
 * they follow anew, and see two changes in succession as one.
 *
 * W1: who applies the lines in order has, after each, what the state held at the line's index.
 * W2: who comes back with the index of the last line that it applied misses nothing.
 * W3: a reader holds up nobody: one that falls too far behind is told all anew.
 */
import { KV_WATCH_LINE, type KvWatchLine } from '../../../api/consul/kv-codec.ts';
import * as routes from '../../../api/consul/kv-routes.ts';
import type { Index } from '../../../base/brand.ts';
import { Failure } from '../../../base/failure.ts';
import { kvBase, kvDelta, type FollowedKeys } from '../../../core/state/kv-delta.ts';
import type { Operations } from '../../operations.ts';
import { invalid } from '../fail.ts';
import type { Bound } from '../mount.ts';
import { linesReply, toLines, withHeartbeats } from '../stream.ts';
import { bindRaw } from './bind.ts';
import type { ConsulDeps } from './deps.ts';
import { checkKey, checkPrefix } from './kv-key.ts';

/** A quiet stream tells so often that it goes on [ms]. */
const HEARTBEAT_MS = 10_000;

/** Binds the stream. */
export function kvWatchHandlers({ ops, clock }: ConsulDeps): readonly Bound[] {
  return [
    bindRaw(routes.watchKv, ({ query, after, signal }) => {
      const keys = (query.keys ?? []).map((key) => checkKey(key));
      const prefixes = (query.prefixes ?? []).map((prefix) => checkPrefix(prefix, 'prefix'));
      if (keys.length + prefixes.length === 0) throw invalid('Missing key or prefix');
      const follower = new Follower(ops, { keys, prefixes }, after);
      const beat = (): KvWatchLine => ({ index: follower.told });
      const lines = withHeartbeats(follower.lines(signal), beat, HEARTBEAT_MS, { clock, signal });
      return linesReply(toLines(lines, KV_WATCH_LINE, () => false));
    }),
  ];
}

class Follower {
  readonly #ops: Operations;
  readonly #followed: FollowedKeys;
  /** All up to here is told: never ahead of a line that is still to be taken (W2). */
  #told: Index | undefined;

  constructor(ops: Operations, followed: FollowedKeys, after: Index | undefined) {
    this.#ops = ops;
    this.#followed = followed;
    // A larger index was given by another log.
    this.#told = after !== undefined && after <= ops.snapshot().index ? after : undefined;
  }

  /** 0: nothing yet. */
  get told(): Index {
    return this.#told ?? (0 as Index);
  }

  async *lines(signal: AbortSignal): AsyncGenerator<KvWatchLine> {
    for (;;) {
      if (this.#told === undefined) {
        const state = this.#ops.snapshot();
        yield { index: state.index, snapshot: kvBase(state, this.#followed) };
        this.#told = state.index;
      }
      try {
        yield* this.#changes(this.#told, signal);
        return;
      } catch (error) {
        if (!isOvertaken(error)) throw error;
        this.#told = undefined;
      }
    }
  }

  async *#changes(after: Index, signal: AbortSignal): AsyncGenerator<KvWatchLine> {
    for await (const { index, changes } of this.#ops.changes((after + 1) as Index, signal)) {
      const deltas = kvDelta(changes, this.#followed);
      if (deltas.length > 0) yield { index, changes: deltas };
      this.#told = index;
    }
  }
}

/** The changes that are next are not kept any more, or never were. */
function isOvertaken(error: unknown): boolean {
  return error instanceof Failure && (error.fault === 'not_found' || error.fault === 'exhausted');
}
