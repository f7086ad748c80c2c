import assert from 'node:assert/strict';
import { test } from 'node:test';
import { T0, World, uuid } from '../../../test/state-world.ts';
import { USER_EVENTS_MAX } from '../limits.ts';
import { lint } from './lint.ts';

test('events are counted, kept in their order, and the oldest forgotten', () => {
  const world = new World();
  const filters = { nodeFilter: '', serviceFilter: '', tagFilter: '' };
  for (let n = 1; n <= USER_EVENTS_MAX + 3; n++) {
    const event = { id: uuid('evnt', n), name: 'deploy', payload: '', ...filters };
    world.do({ type: 'event.fire', at: T0, event });
  }
  const times = Array.from(world.state.userEvents(), ({ lTime }) => lTime);
  assert.equal(times.length, USER_EVENTS_MAX);
  assert.deepEqual([times[0], times.at(-1)], [4, USER_EVENTS_MAX + 3]);
  assert.deepEqual(lint(world.state), []);
});
