import assert from 'node:assert/strict';
import { test } from 'node:test';
import { derivedId } from './derived-id.ts';

test('derived ids are UUIDs, the same for the same parts, and different for others', () => {
  const ids = new Set<string>();
  for (let seed = 0; seed < 100; seed++) {
    for (let job = 0; job < 100; job++) {
      const id = derivedId(`seed-${seed}`, 'default', `job-${job}`);
      assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/);
      assert.equal(id, derivedId(`seed-${seed}`, 'default', `job-${job}`));
      ids.add(id);
    }
  }
  assert.equal(ids.size, 10_000);
  assert.notEqual(derivedId('s', 'ab', 'c'), derivedId('s', 'a', 'bc'));
});
