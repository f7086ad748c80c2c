import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sampleAlloc, sampleEval, sampleJob } from '../samples.fixture.ts';
import { placementStory, type Story } from './why.ts';

const job = sampleJob({ TaskGroups: [{ Name: 'echo', Count: 3 }] });
const [group] = job.groups;
assert.ok(group !== undefined);
const { alloc } = sampleAlloc('38d70276', {
  TaskStates: {
    server: {
      State: 'dead',
      Failed: true,
      Events: [
        { Type: 'Received', DisplayMessage: 'Task received by client' },
        { Type: 'Driver Failure', DisplayMessage: 'no command "nodee"' },
        { Type: 'Not Restarting', DisplayMessage: 'Error was unrecoverable' },
      ],
    },
    sidecar: { State: 'dead', Failed: false, Events: [] },
  },
});
const quiet: Story = {
  group,
  placed: 0,
  allocs: [],
  broken: undefined,
  failed: undefined,
  waiting: undefined,
};
const ids = (id: string): string => id.slice(0, 8);
const told = (story: Partial<Story>): string =>
  placementStory(job, [{ ...quiet, ...story }], { ids });

test('what failed is told with what its task said at last', () => {
  const text = told({ broken: alloc });
  assert.match(text, /Allocation "38d70276" failed on node/);
  assert.match(text, /Task "server": no command "nodee"; Error was unrecoverable\n?$/);
  assert.doesNotMatch(text, /sidecar|Nothing of it/);
});

test('those not told of are counted, and a group without news says so', () => {
  assert.match(told({ placed: 3, allocs: [alloc] }), /And 2 more, which -all tells of\./);
  assert.match(told({}), /Nothing of it was refused\./);
});

test('what waits for others says for whom', () => {
  const waits = 'waits for job "extract" (not registered) to end well';
  const waiting = sampleEval({ Status: 'blocked', StatusDescription: waits });
  assert.match(told({ waiting }), /\n\n {2}It waits for job "extract" \(not reg.*well\.$/);
});
