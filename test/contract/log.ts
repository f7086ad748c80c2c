/** What every engine behind the Log port must do (L1-L4 of ports/log.ts). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Index } from '../../src/base/brand.ts';
import { Failure } from '../../src/base/failure.ts';
import type { ApplyEntry, Log } from '../../src/ports/log.ts';

export type Fact = Readonly<{ type: string; n: number; note?: unknown }>;
export type Verdict = Readonly<{ ok: boolean; sum: number }>;

/** One engine under test. `open` may be called again after `close` and finds what was written. */
export interface Engine {
  readonly name: string;
  open(apply: ApplyEntry<Fact, Verdict>, applied: Index): Promise<Log<Fact, Verdict>>;
  /** Ends everything and cleans up. */
  end(): Promise<void>;
}

class Ledger {
  readonly seen: { index: Index; entry: Fact }[] = [];
  sum = 0;
  readonly apply: ApplyEntry<Fact, Verdict> = (index, entry) => {
    this.seen.push({ index, entry });
    this.sum += entry.n;
    return { ok: entry.n >= 0, sum: this.sum };
  };
}

const at = (n: number): Index => n as Index;
const fact = (n: number): Fact => ({ type: 'count', n });
const numbers = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);

async function take<T>(stream: AsyncIterable<T>, count: number): Promise<T[]> {
  const out: T[] = [];
  for await (const each of stream) {
    out.push(each);
    if (out.length === count) break;
  }
  return out;
}

function rejectsWith(promise: Promise<unknown>, fault: string): Promise<void> {
  return assert.rejects(promise, (e) => e instanceof Failure && e.fault === fault);
}

/** Registers the contract's tests for one engine; each gets a fresh one. */
export function logContract(name: string, fresh: () => Promise<Engine>): void {
  const check = (title: string, body: (engine: Engine) => Promise<void>): void => {
    test(`${name}: ${title}`, { timeout: 60_000 }, async () => {
      const engine = await fresh();
      try {
        await body(engine);
      } finally {
        await engine.end();
      }
    });
  };

  check('L1: indexes are dense from 1 and outcomes are what apply said', async (engine) => {
    const ledger = new Ledger();
    const log = await engine.open(ledger.apply, at(0));
    assert.equal(log.lastIndex, 0);
    assert.equal(log.firstIndex, 1);
    assert.deepEqual(await log.append([]), []);
    assert.deepEqual(await log.append([fact(5), fact(-2)]), [
      { index: 1, outcome: { ok: true, sum: 5 } },
      { index: 2, outcome: { ok: false, sum: 3 } },
    ]);
    assert.deepEqual(await log.append([fact(1)]), [{ index: 3, outcome: { ok: true, sum: 4 } }]);
    assert.equal(log.lastIndex, 3);
    await log.close();
  });

  check('L3, L4: concurrent appends are applied once, in order, unmixed', async (engine) => {
    const ledger = new Ledger();
    const log = await engine.open(ledger.apply, at(0));
    const answers = await Promise.all(
      numbers(1, 200).map((n) => log.append([fact(n), fact(n), fact(n)])),
    );
    assert.deepEqual(
      ledger.seen.map((s) => s.index),
      numbers(1, 600),
    );
    for (const [i, answer] of answers.entries()) {
      const first = answer[0]?.index ?? 0;
      assert.deepEqual(
        answer.map((a) => a.index),
        [first, first + 1, first + 2],
      );
      for (const { index } of answer) assert.equal(ledger.seen[index - 1]?.entry.n, i + 1);
    }
    await log.close();
  });

  check('L2: what was acknowledged is replayed after the applied index', async (engine) => {
    const before = new Ledger();
    const first = await engine.open(before.apply, at(0));
    for (const n of numbers(1, 20)) await first.append([fact(n)]);
    await first.close();
    const after = new Ledger();
    const second = await engine.open(after.apply, at(15));
    while (second.lastIndex < 20) await new Promise((r) => setImmediate(r));
    assert.deepEqual(
      after.seen.map((s) => s.index),
      numbers(16, 20),
    );
    assert.deepEqual(after.seen, before.seen.slice(15));
    assert.equal((await second.append([fact(21)]))[0]?.index, 21);
    await second.close();
  });

  check(
    'values survive: nesting, unicode, BigInt, undefined, bytes, many fields',
    async (engine) => {
      const wide = Object.fromEntries(numbers(1, 300).map((n) => [`field-${n}`, n]));
      const note = {
        text: 'naïve 💾 \0',
        big: 18446744073709551615n,
        small: -9223372036854775808n,
        none: undefined,
        nothing: null,
        list: [1, [2, [3.5]], {}],
        bytes: new Uint8Array([0, 255]),
        millis: 1_732_190_400_123,
        wide,
        maps: numbers(1, 80).map((n) => ({ [`only-${n}`]: n })),
      };
      const ledger = new Ledger();
      const log = await engine.open(ledger.apply, at(0));
      await log.append([{ type: 'note', n: 1, note }]);
      const [logged] = await take(log.read(at(1), new AbortController().signal), 1);
      const back = logged?.entry.note as typeof note;
      assert.deepEqual({ ...back, bytes: [...back.bytes] }, { ...note, bytes: [0, 255] });
      await log.close();
    },
  );

  check('read yields from the middle, then waits for more, and ends on abort', async (engine) => {
    const log = await engine.open(new Ledger().apply, at(0));
    for (const n of numbers(1, 10)) await log.append([fact(n)]);
    const stop = new AbortController();
    const got: number[] = [];
    const reading = (async (): Promise<void> => {
      for await (const { index, entry } of log.read(at(7), stop.signal)) {
        assert.equal(entry.n, index);
        got.push(index);
        if (index === 3000) stop.abort();
      }
    })();
    for (const n of numbers(11, 20)) await log.append([fact(n)]);
    await Promise.all(numbers(21, 3000).map((n) => log.append([fact(n)])));
    await reading;
    assert.deepEqual(got, numbers(7, 3000));
    await log.close();
  });

  check('a reader that waits ends when the log closes', async (engine) => {
    const log = await engine.open(new Ledger().apply, at(0));
    await log.append([fact(1)]);
    const reading = take(log.read(at(1), new AbortController().signal), 2);
    await new Promise((r) => setImmediate(r));
    await log.close();
    assert.equal((await reading).length, 1);
  });

  check('compact forgets no more than allowed, and says so to readers', async (engine) => {
    const log = await engine.open(new Ledger().apply, at(0));
    for (const n of numbers(1, 200)) await log.append([fact(n), fact(n)]);
    await log.compact(at(250));
    assert.ok(log.firstIndex <= 251, `first is ${log.firstIndex}`);
    assert.equal(log.lastIndex, 400);
    const rest = await take(log.read(at(251), new AbortController().signal), 150);
    assert.deepEqual(
      rest.map((r) => r.index),
      numbers(251, 400),
    );
    if (log.firstIndex > 1) {
      const reading = take(log.read(at(1), new AbortController().signal), 1);
      await rejectsWith(reading, 'not_found');
    }
    await log.compact(at(100_000));
    assert.ok(log.firstIndex <= 400, 'the newest entry stays');
    await log.close();
    const ledger = new Ledger();
    const again = await engine.open(ledger.apply, at(399));
    while (again.lastIndex < 400) await new Promise((r) => setImmediate(r));
    assert.deepEqual(
      ledger.seen.map((s) => s.index),
      [400],
    );
    await again.close();
  });

  check('leadership: leading, with a term that grows with each opening', async (engine) => {
    const terms: number[] = [];
    for (let i = 0; i < 3; i++) {
      const log = await engine.open(new Ledger().apply, at(0));
      const [now] = await take(log.leadership(new AbortController().signal), 1);
      assert.equal(now?.leading, true);
      terms.push(now.term);
      await log.close();
    }
    assert.ok((terms[0] ?? 0) >= 1);
    assert.deepEqual(
      terms.map((term, i) => i === 0 || term > (terms[i - 1] ?? 0)),
      [true, true, true],
    );
  });

  check('leadership is lost on close, and appends are refused', async (engine) => {
    const log = await engine.open(new Ledger().apply, at(0));
    const stop = new AbortController();
    const told: boolean[] = [];
    const watching = (async (): Promise<void> => {
      for await (const { leading } of log.leadership(stop.signal)) {
        told.push(leading);
        if (!leading) stop.abort();
      }
    })();
    await new Promise((r) => setImmediate(r));
    await log.close();
    await watching;
    assert.deepEqual(told, [true, false]);
    await rejectsWith(log.append([fact(1)]), 'unavailable');
    await log.close();
  });

  check('an aborted append is refused as canceled and changes nothing', async (engine) => {
    const ledger = new Ledger();
    const log = await engine.open(ledger.apply, at(0));
    await rejectsWith(log.append([fact(1)], AbortSignal.abort()), 'canceled');
    assert.equal(ledger.seen.length, 0);
    await log.close();
  });

  check('a throw of apply reaches the caller and stops the log', async (engine) => {
    const log = await engine.open((_, entry) => {
      if (entry.n === 2) throw new TypeError('a bug');
      return { ok: true, sum: 0 };
    }, at(0));
    await log.append([fact(1)]);
    await assert.rejects(log.append([fact(2)]), TypeError);
    await rejectsWith(log.append([fact(3)]), 'unavailable');
    await log.close();
  });
}
