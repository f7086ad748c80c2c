/**
 * What the leader answers to servers that schedule for it.
 *
 * EA1: what a server holds when its session ends is given to another at once.
 * EA2: only servers of the same build decide: another one's scheduler may know other rules.
 */
import { Failure } from '../base/failure.ts';
import { PEER_REQUESTS } from '../core/link/requests.ts';
import { EVAL_TAKE_MS_MAX } from '../core/limits.ts';
import type { EvalId } from '../core/model/ids.ts';
import type { Clock } from '../ports/clock.ts';
import type { Decision, Evaluations, HeldEval, TakenEval } from '../ports/evaluations.ts';
import type { EntryCodec } from '../ports/log.ts';
import { questionOf } from './caller.ts';
import type { Answers, Asked, LinkSession } from './session.ts';

/** How evaluations and decisions are written on the way. */
export interface EvalCodecs {
  readonly taken: EntryCodec<TakenEval>;
  readonly decision: EntryCodec<Decision>;
}

export interface EvalAnswersDeps {
  /** This server's own, as others are given them. */
  readonly evaluations: Evaluations;
  readonly codecs: EvalCodecs;
  /** Of this build. */
  readonly version: string;
  readonly clock: Clock;
}

export class EvalAnswers {
  readonly #deps: EvalAnswersDeps;
  readonly #held = new WeakMap<LinkSession, Map<EvalId, HeldEval>>();

  constructor(deps: EvalAnswersDeps) {
    this.#deps = deps;
  }

  get answers(): Answers {
    return {
      'eval.take': (asked) => this.#take(asked),
      'eval.submit': (asked) => this.#submit(asked),
      'eval.give-back': (asked) => this.#giveBack(asked),
    };
  }

  async #take(asked: Asked): Promise<unknown> {
    questionOf(PEER_REQUESTS['eval.take'], asked);
    this.#admit(asked);
    const { evaluations, codecs } = this.#deps;
    const taken = await this.#wait(asked.signal);
    if (taken === undefined) return {};
    if (asked.signal.aborted) {
      await evaluations.giveBack(taken, 'whoever asked for it is gone');
      return {};
    }
    const { id, token } = taken;
    this.#heldBy(asked.session).set(id, { id, token });
    return { bytes: codecs.taken.encode([taken]) };
  }

  /** For a while: whoever asks asks again. */
  async #wait(signal: AbortSignal): Promise<TakenEval | undefined> {
    const { evaluations, clock } = this.#deps;
    const over = new AbortController();
    const end = (): void => over.abort();
    signal.addEventListener('abort', end, { once: true });
    clock.sleep(EVAL_TAKE_MS_MAX, over.signal).then(end, end);
    try {
      return await evaluations.take(over.signal);
    } finally {
      signal.removeEventListener('abort', end);
      end();
    }
  }

  async #submit(asked: Asked): Promise<unknown> {
    const { id, token, bytes } = questionOf(PEER_REQUESTS['eval.submit'], asked);
    this.#admit(asked);
    const { evaluations, codecs } = this.#deps;
    const [decision] = codecs.decision.decode(bytes);
    if (decision?.evaluation.id !== id || (decision.plan?.evalId ?? id) !== id) {
      throw new Failure('invalid', `the decision is not of evaluation "${id}"`);
    }
    const verdict = await evaluations.submit({ id, token }, decision, asked.signal);
    const isOver = verdict.progress === 'done' || verdict.progress === 'lost';
    if (isOver) this.#heldBy(asked.session).delete(id);
    return verdict;
  }

  async #giveBack(asked: Asked): Promise<unknown> {
    const { id, token, why } = questionOf(PEER_REQUESTS['eval.give-back'], asked);
    this.#admit(asked);
    this.#heldBy(asked.session).delete(id);
    await this.#deps.evaluations.giveBack({ id, token }, `${asked.session.peer.name}: ${why}`);
    return {};
  }

  #admit({ session }: Asked): void {
    const { role, version, name } = session.peer;
    if (role !== 'server') throw new Failure('denied', 'evaluations are for servers alone');
    if (version === this.#deps.version) return;
    const message = `"${name}" is of build ${version}, and decides nothing for ${this.#deps.version}`;
    throw new Failure('unsupported', message);
  }

  #heldBy(session: LinkSession): Map<EvalId, HeldEval> {
    const known = this.#held.get(session);
    if (known !== undefined) return known;
    const held = new Map<EvalId, HeldEval>();
    this.#held.set(session, held);
    session.closed.then((why) => this.#giveAllBack(held, why)).catch(() => undefined);
    return held;
  }

  /** EA1 */
  async #giveAllBack(held: Map<EvalId, HeldEval>, why: string): Promise<void> {
    for (const each of held.values()) {
      await this.#deps.evaluations.giveBack(each, `its worker is gone: ${why}`);
    }
    held.clear();
  }
}
