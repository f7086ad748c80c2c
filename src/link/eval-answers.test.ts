import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Index } from '../base/brand.ts';
import type { AgentFacts } from '../core/link/hello.ts';
import type { Evaluation } from '../core/model/evaluation.ts';
import type { EvalId } from '../core/model/ids.ts';
import { systemClock } from '../io/clock.ts';
import { entryCodec } from '../io/log/entry-codec.ts';
import type { Decision, Evaluations, HeldEval, TakenEval } from '../ports/evaluations.ts';
import { EvalAnswers, type EvalCodecs } from './eval-answers.ts';
import { RemoteEvaluations } from './remote-evaluations.ts';
import type { LinkSession } from './session.ts';

const codecs: EvalCodecs = { taken: entryCodec(), decision: entryCodec() };
const never = new AbortController().signal;
const ID = 'e1' as EvalId;
const INDEX = 7 as Index;
// Both sides hand on what they do not look into.
const evaluation: Partial<Evaluation> = { id: ID, priority: 50 };
const TAKEN = { id: ID, token: 't/1', evaluation, exhausted: false, index: INDEX } as TakenEval;
const DECISION: Decision = { evaluation: TAKEN.evaluation, followUps: [] };

/** No answer here is a stream. */
const NONE: AsyncIterable<unknown> = {
  [Symbol.asyncIterator]: () => ({ next: () => Promise.resolve({ done: true, value: undefined }) }),
};

/** A leader with one evaluation to give; what it hears is written down. */
class Leader implements Evaluations {
  readonly submitted: (HeldEval & { readonly decision: Decision })[] = [];
  readonly givenBack: string[] = [];
  #left: TakenEval | undefined = TAKEN;

  async take(signal: AbortSignal): Promise<TakenEval | undefined> {
    const taken = this.#left;
    this.#left = undefined;
    if (taken === undefined) await systemClock.sleep(60_000, signal);
    return taken;
  }

  submit(held: HeldEval, decision: Decision): ReturnType<Evaluations['submit']> {
    this.submitted.push({ ...held, decision });
    return Promise.resolve({ progress: 'done', index: INDEX });
  }

  giveBack({ id }: HeldEval, why: string): Promise<void> {
    this.givenBack.push(`${id}: ${why}`);
    return Promise.resolve();
  }
}

interface Way {
  readonly leader: Leader;
  readonly remote: RemoteEvaluations;
  readonly cut: (why: string) => Promise<void>;
}

/** A follower's way to the leader: questions and answers go through unchanged. */
function way(peer: Partial<AgentFacts> = {}): Way {
  const leader = new Leader();
  const basics = { codecs, version: '0.1.0', clock: systemClock };
  const { answers } = new EvalAnswers({ ...basics, evaluations: leader });
  let close: (why: string) => void = () => undefined;
  const closed = new Promise<string>((resolve) => (close = resolve));
  const facts = { role: 'server', version: '0.1.0', name: 's2', ...peer };
  const session = { peer: facts, closed } as Partial<LinkSession> as LinkSession;
  const call: LinkSession['call'] = (method, body, { signal }) => {
    const stream = { pieces: NONE, send: () => Promise.resolve() };
    return (
      answers[method]?.({ method, body, session, stream, signal }) ??
      Promise.reject(new Error('nobody answers'))
    );
  };
  const there = { call } as Partial<LinkSession> as LinkSession;
  return {
    leader,
    remote: new RemoteEvaluations({ leader: () => there, codecs, clock: systemClock }),
    cut: async (why) => {
      close(why);
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

test('an evaluation and its decision arrive as they were', async () => {
  const { leader, remote, cut } = way();
  assert.deepEqual(await remote.take(never), TAKEN);
  const extra = { ...DECISION, remainder: false };
  assert.deepEqual(await remote.submit(TAKEN, extra, never), { progress: 'done', index: INDEX });
  assert.deepEqual(leader.submitted, [{ id: ID, token: 't/1', decision: DECISION }]);
  await cut('it stops');
  assert.deepEqual(leader.givenBack, [], 'what was decided is nobody’s any more');
});

test('what a server held is given back when its session ends, or it says so', async () => {
  const gone = way();
  await gone.remote.take(never);
  await gone.cut('the connection was lost');
  assert.deepEqual(gone.leader.givenBack, ['e1: its worker is gone: the connection was lost']);
  const honest = way();
  await honest.remote.take(never);
  await honest.remote.giveBack(TAKEN, 'too far behind');
  assert.deepEqual(honest.leader.givenBack, ['e1: s2: too far behind']);
  await honest.cut('it stops');
  assert.equal(honest.leader.givenBack.length, 1);
});

test('who stops asking is given nothing', async () => {
  const { leader, remote } = way();
  const stop = new AbortController();
  await remote.take(stop.signal);
  const waiting = remote.take(stop.signal);
  stop.abort();
  assert.equal(await waiting, undefined);
  assert.deepEqual(leader.givenBack, []);
});

test('a decision of another evaluation, and whoever may not decide, are refused', async () => {
  const { leader, remote } = way();
  const other = { ...DECISION, evaluation: { ...TAKEN.evaluation, id: 'e2' as EvalId } };
  await assert.rejects(remote.submit(TAKEN, other, never), { fault: 'invalid' });
  const client = way({ role: 'client' });
  await assert.rejects(client.remote.submit(TAKEN, DECISION, never), { fault: 'denied' });
  const older = way({ version: '0.0.9' });
  await assert.rejects(older.remote.submit(TAKEN, DECISION, never), {
    fault: 'unsupported',
    message: '"s2" is of build 0.0.9, and decides nothing for 0.1.0',
  });
  for (const each of [leader, client.leader, older.leader]) assert.deepEqual(each.submitted, []);
});
