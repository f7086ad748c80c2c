import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { PortSet } from './port-set.ts';

const range = { min: 20_000, max: 20_069, reserved: [20_001, 80] };

test('a port is drawn from the start on, around the end', () => {
  const set = new PortSet(range);
  assert.equal(set.dynamicFree, 69);
  assert.equal(set.draw(0), 20_000);
  set.hold(20_000);
  assert.equal(set.draw(0), 20_002);
  assert.equal(set.draw(0.999), 20_069);
  set.hold(20_069);
  assert.equal(set.draw(0.999), 20_002);
  assert.equal(set.draw(0, [20_002, 20_003]), 20_004);
});

test('reserved ports are taken for ever; ports outside the range can be held', () => {
  const set = new PortSet(range);
  assert.ok(set.taken(80) && set.taken(20_001));
  set.hold(20_001);
  set.release(20_001);
  assert.ok(set.taken(20_001));
  assert.ok(!set.taken(8_080));
  set.hold(8_080);
  assert.ok(set.taken(8_080));
  set.release(8_080);
  assert.ok(!set.taken(8_080));
});

test('nothing is drawn from an empty or exhausted range', () => {
  assert.equal(new PortSet({ min: 1, max: 0, reserved: [] }).draw(0.5), undefined);
  const set = new PortSet({ min: 10, max: 11, reserved: [11] });
  assert.equal(set.draw(0.9), 10);
  assert.equal(set.draw(0.9, [10]), undefined);
  set.hold(10);
  assert.equal(set.draw(0.9), undefined);
});

test('P1, P2: it equals a plain count of holders, whatever is held and released', () => {
  const port = fc.constantFrom(80, 443, 20_000, 20_001, 20_002, 20_033, 20_069, 20_070);
  const step = fc.record({ hold: fc.boolean(), port });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const set = new PortSet(range);
      const holders = new Map<number, number>();
      for (const { hold, port: value } of steps) {
        const count = holders.get(value) ?? 0;
        if (!hold && count === 0) continue;
        holders.set(value, count + (hold ? 1 : -1));
        if (hold) set.hold(value);
        else set.release(value);
      }
      let dynamicFree = 0;
      for (let value = range.min; value <= range.max; value++) {
        const taken = (holders.get(value) ?? 0) > 0 || range.reserved.includes(value);
        assert.equal(set.taken(value), taken);
        if (!taken) dynamicFree++;
      }
      assert.equal(set.dynamicFree, dynamicFree);
      const held = [...holders].flatMap(([value, count]) =>
        Array.from({ length: count }, () => value),
      );
      // A held port that the node reserves is outside what is drawn, but held all the same.
      assert.deepEqual([...set.held()].sort(), held.sort());
    }),
  );
});
