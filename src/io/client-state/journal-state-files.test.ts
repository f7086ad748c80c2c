import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { Failure, type Fault } from '../../base/failure.ts';
import { JournalStateFiles } from './journal-state-files.ts';

const root = mkdtempSync(join(tmpdir(), 'client-state-'));
after(() => rmSync(root, { recursive: true, force: true }));
let count = 0;
const lines: string[] = [];
const newDir = (): string => join(root, String(count++));
const at = (dir: string): JournalStateFiles =>
  new JournalStateFiles(dir, (line) => lines.push(line));
const bytes = (text: string): Buffer => Buffer.from(text);
const isFault = (fault: Fault) => (error: unknown) =>
  error instanceof Failure && error.fault === fault;
const text = async (files: JournalStateFiles, name: string): Promise<string | undefined> => {
  const content = await files.read(name);
  return content === undefined ? undefined : Buffer.from(content).toString();
};

test('JS1: what was written is there for the next process, as it was last', async () => {
  const dir = newDir();
  const files = at(dir);
  assert.equal(await files.read('node.json'), undefined);
  await files.write('node.json', bytes('one'), true);
  await files.write('allocs/a/run.json', bytes('two words'), false);
  await files.write('allocs/a/run.json', bytes('three'), false);
  await files.write('allocs/b/run.json', bytes(''), false);
  for (const one of [files, at(dir)]) {
    assert.equal(await text(one, 'node.json'), 'one');
    assert.equal(await text(one, 'allocs/a/run.json'), 'three');
    assert.equal(await text(one, 'allocs/b/run.json'), '');
    assert.deepEqual(await one.list('allocs'), ['a', 'b']);
    assert.deepEqual(await one.list('allocs/a'), ['run.json']);
    assert.deepEqual(await one.list('nothing'), []);
  }
  await files.remove('allocs/a');
  assert.deepEqual(await at(dir).list('allocs'), ['b']);
  assert.equal(statSync(join(dir, 'state.journal')).mode & 0o777, 0o600);
});

test('names and contents that no line can hold are refused', async () => {
  const files = at(newDir());
  for (const bad of ['../x', '/x', 'a//b', 'a/../b', 'a b', '', 'a\n']) {
    await assert.rejects(files.read(bad), isFault('invalid'), bad);
    await assert.rejects(files.write(bad, bytes('x'), false), isFault('invalid'), bad);
  }
  await assert.rejects(files.write('a', bytes('one\ntwo'), false), isFault('invalid'));
});

test('what cannot be read is set aside', async () => {
  const dir = newDir();
  const files = at(dir);
  await files.write('allocs/a/run.json', bytes('{'), false);
  const aside = await files.setAside('allocs/a/run.json');
  assert.ok(aside.endsWith('run.json.unreadable'));
  assert.equal(readFileSync(aside, 'utf8'), '{');
  assert.equal(await files.read('allocs/a/run.json'), undefined);
});

test('JL2: a line cut short by a crash was never there, the next follows the last', async () => {
  const dir = newDir();
  await at(dir).write('a', bytes('whole'), false);
  const journal = join(dir, 'state.journal');
  const whole = readFileSync(journal);
  writeFileSync(journal, Buffer.concat([whole, bytes('0badc0de put a half of a long line')]));
  const files = at(dir);
  assert.equal(await text(files, 'a'), 'whole');
  await files.write('b', bytes('x'), false);
  assert.equal(await text(at(dir), 'a'), 'whole');
  assert.equal(await text(at(dir), 'b'), 'x');
});

test('JS4: a damaged line is told, its state is absent rather than outdated', async () => {
  const dir = newDir();
  const files = at(dir);
  await files.write('a', bytes('old'), false);
  await files.write('a', bytes('new'), false);
  await files.write('b', bytes('other'), false);
  const journal = join(dir, 'state.journal');
  writeFileSync(journal, readFileSync(journal, 'utf8').replace('put a new', 'put a nEw'));
  const next = at(dir);
  lines.length = 0;
  assert.equal(await text(next, 'a'), undefined);
  assert.equal(await text(next, 'b'), 'other');
  assert.match(lines.join(), /1 damaged lines.*state\.journal\.unreadable": a/);
  assert.match(readFileSync(`${journal}.unreadable`, 'utf8'), /nEw/);
});

test('a journal of another version is left alone', async () => {
  const dir = newDir();
  await at(dir).write('a', bytes('x'), false);
  const journal = join(dir, 'state.journal');
  writeFileSync(journal, readFileSync(journal, 'utf8').replace('state 1', 'state 2'));
  await assert.rejects(at(dir).read('a'), isFault('unsupported'));
  assert.match(readFileSync(journal, 'utf8'), /state 2/);
});

test('JS3: what is written again and again does not grow without end', async () => {
  const dir = newDir();
  const files = at(dir);
  await files.write('allocs/kept', bytes('kept'), false);
  const long = bytes('x'.repeat(64 * 1024));
  for (let i = 0; i < 100; i++) await files.write(`allocs/${i % 3}`, long, false);
  assert.ok(statSync(join(dir, 'state.journal')).size < 2.5 * 1024 * 1024);
  assert.deepEqual(readdirSync(dir), ['state.journal']);
  for (const one of [files, at(dir)]) {
    assert.equal(await text(one, 'allocs/kept'), 'kept');
    assert.equal((await one.read('allocs/2'))?.length, long.length);
  }
});

test('a write that fails is told to its writer, and later ones work', async () => {
  const dir = newDir();
  writeFileSync(dir, 'a file where the directory should be');
  const files = at(dir);
  await assert.rejects(files.write('a', bytes('x'), false), Failure);
  rmSync(dir);
  await files.write('a', bytes('x'), false);
  assert.equal(await text(files, 'a'), 'x');
  rmSync(dir, { recursive: true });
  await assert.rejects(files.write('a', bytes('y'), false), isFault('not_found'));
  await files.write('a', bytes('z'), false);
  assert.equal(await text(at(dir), 'a'), 'z');
});

function cut(from: Map<string, string>, name: string): void {
  for (const key of [...from.keys()]) {
    if (key === name || key.startsWith(`${name}/`)) from.delete(key);
  }
}

type Step = Readonly<{ do: 'write' | 'remove' | 'restart'; name: string; content: string }>;

test('JS2: any sequence of writes and removals reads as it would from a map', async () => {
  const name = fc.constantFrom('a', 'b/c', 'b/d', 'b');
  const step: fc.Arbitrary<Step> = fc.record({
    do: fc.constantFrom('write', 'write', 'remove', 'restart'),
    name,
    content: fc.string({ maxLength: 20 }).map((one) => one.replaceAll('\n', ' ')),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
      const dir = newDir();
      let files = at(dir);
      const expected = new Map<string, string>();
      const underway: Promise<void>[] = [];
      for (const each of steps) {
        if (each.do === 'write') {
          underway.push(files.write(each.name, bytes(each.content), false));
          expected.set(each.name, each.content);
        } else if (each.do === 'remove') {
          underway.push(files.remove(each.name));
          cut(expected, each.name);
        } else {
          await Promise.all(underway);
          files = at(dir);
        }
      }
      await Promise.all(underway);
      for (const key of ['a', 'b/c', 'b/d', 'b']) {
        assert.equal(await text(files, key), expected.get(key));
        assert.equal(await text(at(dir), key), expected.get(key));
      }
    }),
    { numRuns: 50 },
  );
});
