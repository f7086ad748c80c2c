/** The leader's evaluations, as a server that follows is given them over the link. */
import { Failure } from '../base/failure.ts';
import { EVAL_TAKE_MS_MAX } from '../core/limits.ts';
import type { Clock } from '../ports/clock.ts';
import type { Decision, Evaluations, HeldEval, TakenEval, Verdict } from '../ports/evaluations.ts';
import { answerOf, bytesOf } from './caller.ts';
import type { EvalCodecs } from './eval-answers.ts';
import type { LinkSession } from './session.ts';

export interface RemoteEvaluationsDeps {
  /** The session with whoever leads; undefined while nobody does, or is in touch. */
  readonly leader: () => LinkSession | undefined;
  readonly codecs: EvalCodecs;
  readonly clock: Clock;
}

/** How long a decision is waited for to be durable [ms]. */
const SUBMIT_MS = 30_000;
/** After nobody answered [ms]: a new leader is there by then. */
const PAUSE_MS = 1_000;
/** After a refusal that will be the same for long: the leader is of another build [ms]. */
const REFUSED_MS = 60_000;
/** A blocking question takes so much longer than it is to [ms]. */
const SLACK_MS = 10_000;

export class RemoteEvaluations implements Evaluations {
  readonly #deps: RemoteEvaluationsDeps;

  constructor(deps: RemoteEvaluationsDeps) {
    this.#deps = deps;
  }

  /** Never fails: where nobody gives any, it only takes a while. */
  async take(signal: AbortSignal): Promise<TakenEval | undefined> {
    const { codecs, clock } = this.#deps;
    try {
      const body = await this.#ask('eval.take', {}, EVAL_TAKE_MS_MAX + SLACK_MS, signal);
      if (typeof body !== 'object' || body === null || !('bytes' in body)) return undefined;
      return codecs.taken.decode(bytesOf(body.bytes))[0];
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      await clock.sleep(error.fault === 'unsupported' ? REFUSED_MS : PAUSE_MS, signal);
      return undefined;
    }
  }

  async submit(held: HeldEval, decision: Decision, signal: AbortSignal): Promise<Verdict> {
    const { plan, evaluation, followUps } = decision;
    // What else a scheduler says is for whoever asked it.
    const sent = plan === undefined ? { evaluation, followUps } : { plan, evaluation, followUps };
    const { id, token } = held;
    const question = { id, token, bytes: this.#deps.codecs.decision.encode([sent]) };
    const body = await this.#ask('eval.submit', question, SUBMIT_MS, signal);
    return answerOf<Verdict>('eval.submit', body, 'progress');
  }

  /** Whether it arrives or not: the leader notices in the end. */
  async giveBack({ id, token }: HeldEval, why: string): Promise<void> {
    const { signal } = new AbortController();
    await this.#ask('eval.give-back', { id, token, why }, SUBMIT_MS, signal).catch(() => undefined);
  }

  async #ask(
    method: string,
    question: object,
    deadlineMs: number,
    signal: AbortSignal,
  ): Promise<unknown> {
    const session = this.#deps.leader();
    if (session === undefined) throw new Failure('unavailable', 'no leader is in touch');
    return session.call(method, question, { signal, deadlineMs });
  }
}
