import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CLIENT_REQUESTS, SERVER_REQUESTS } from './requests.ts';

const PROOF = { nodeId: 'n1', secretId: 's' };
const EVENT = {
  ...{ type: 'Started', at: 1, message: '', displayMessage: '', failsTask: false, details: {} },
};
const UPDATE = {
  ...{ id: 'a1', clientStatus: 'running', clientDescription: '', at: 5 },
  taskStates: { web: { state: 'running', failed: false, restarts: 0, events: [EVENT] } },
};

const { 'node.update': update, 'node.pull': pull } = SERVER_REQUESTS;

test('a report of the shape that it should have is taken, whatever else a newer build says', () => {
  assert.equal(update({ ...PROOF, updates: [UPDATE] }), undefined);
  assert.equal(update({ ...PROOF, updates: [{ ...UPDATE, mood: 'sunny' }] }), undefined);
  assert.equal(pull({ ...PROOF, after: 0, waitMs: 10 }), undefined);
});

const rows: readonly (readonly [string, unknown, string])[] = [
  ['no object', 7, 'is no object'],
  ['nobody', { updates: [] }, '.nodeId is no text'],
  ['no list', { ...PROOF, updates: {} }, '.updates is no list'],
  [
    'a status of its own',
    { ...PROOF, updates: [{ ...UPDATE, clientStatus: 'merry' }] },
    '.updates[0].clientStatus is none of pending, running, complete, failed, lost, unknown',
  ],
  [
    'an event without words',
    {
      ...PROOF,
      updates: [
        {
          ...UPDATE,
          taskStates: { web: { ...UPDATE.taskStates.web, events: [{ ...EVENT, type: 1 }] } },
        },
      ],
    },
    '.updates[0].taskStates.web.events[0].type is no text',
  ],
  ['no instant', { ...PROOF, updates: [{ ...UPDATE, at: NaN }] }, '.updates[0].at is no number'],
  [
    'too many',
    { ...PROOF, updates: Array.from({ length: 1_001 }, () => UPDATE) },
    '.updates has more than 1000 elements',
  ],
];

for (const [what, body, problem] of rows) {
  test(`a report of ${what} is refused with its place`, () => {
    assert.equal(update(body), problem);
  });
}

test('no value at all makes a shape throw', () => {
  const shapes = Object.values({ ...SERVER_REQUESTS, ...CLIENT_REQUESTS });
  fc.assert(
    fc.property(fc.anything(), (value) => {
      for (const shape of shapes) {
        const problem = shape(value);
        assert.ok(problem === undefined || problem.length > 0);
      }
    }),
  );
});
