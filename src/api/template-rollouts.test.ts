import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Fault } from '../base/failure.ts';
import { FAULTS, Failure } from '../base/failure.ts';
import { Api } from './api.ts';
import { beginRollout, endRollout } from './template-rollouts.ts';

type Answer = Readonly<{ body: unknown } | { fault: Fault }>;

/** Servers that answer one after the other; tells the requests and the pauses between them. */
function stand(answers: readonly Answer[]) {
  const requests: string[] = [];
  const slept: number[] = [];
  const left = [...answers];
  const api = new Api(
    {},
    {
      send: (request) => {
        requests.push(`${request.method} ${request.path}`);
        const answer = left.shift() ?? { fault: 'internal' };
        const text = 'body' in answer ? JSON.stringify(answer.body) : answer.fault;
        return Promise.resolve({
          status: 'body' in answer ? 200 : FAULTS[answer.fault].http,
          headers: { 'x-nomad-index': '7' },
          // eslint-disable-next-line @typescript-eslint/require-await -- a body is a stream
          body: (async function* () {
            yield new TextEncoder().encode(text);
          })(),
        });
      },
    },
  );
  const sleep = (ms: number): Promise<void> => {
    slept.push(ms);
    return Promise.resolve();
  };
  return { deps: { api, sleep }, requests, slept };
}

const TASK = { allocId: 'a', task: 'web', change: 'c', namespace: 'default', jobId: 'shop' };
const SIGNAL = new AbortController().signal;
const BUSY = { body: { Begun: false, Stopped: '' } };

test('a place is asked for until there is one, and is looked at again when things change', async () => {
  const { deps, requests } = stand([
    BUSY,
    { body: [] },
    BUSY,
    { body: [] },
    { body: { Begun: true, Stopped: '' } },
  ]);
  assert.deepEqual(await beginRollout(deps, TASK, SIGNAL), {});
  assert.equal(requests.length, 5);
  assert.match(requests[1] ?? '', /template-rollouts\?namespace=default$/);
  assert.match(requests[3] ?? '', /index=7/);
});

test('what was stopped is told as that', async () => {
  const { deps } = stand([{ body: { Begun: false, Stopped: 'it crashed' } }]);
  assert.deepEqual(await beginRollout(deps, TASK, SIGNAL), { stopped: 'it crashed' });
});

test('servers that are away are asked again, later and later; one that is over is not', async () => {
  const away: Answer = { fault: 'unavailable' };
  const { deps, slept } = stand([away, away, { body: { Begun: true, Stopped: '' } }]);
  assert.deepEqual(await beginRollout(deps, TASK, SIGNAL), {});
  assert.deepEqual(slept, [250, 500]);
  const gone = stand([{ fault: 'not_found' }]);
  await assert.rejects(
    beginRollout(gone.deps, TASK, SIGNAL),
    (error) => error instanceof Failure && error.fault === 'not_found',
  );
});

test('the end is told until it is heard', async () => {
  const { deps, requests } = stand([{ fault: 'unavailable' }, { body: null }]);
  await endRollout(deps, { allocId: 'a', task: 'web', healthy: true, reason: '' }, SIGNAL);
  assert.deepEqual(requests, [
    'PUT /v1/allocation/a/template-rollout/end',
    'PUT /v1/allocation/a/template-rollout/end',
  ]);
});
