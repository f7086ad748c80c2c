import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../../base/failure.ts';
import { SideThread } from './side-thread.ts';

/** What `answerQuestions` does, for threads that cannot load our sources as they are. */
const thread = (answer: string): URL => {
  const program = `import { parentPort } from 'node:worker_threads';
    parentPort.on('message', ({ id, texts }) => {
      parentPort.postMessage({ id, text: (${answer})(...texts) });
    });`;
  return new URL(`data:text/javascript,${encodeURIComponent(program)}`);
};

test('each question gets its answer', async () => {
  const side = new SideThread(thread('(a, b) => a + b'));
  const answers = await Promise.all([side.ask('1', '2'), side.ask('3', '4'), side.ask('', '5')]);
  assert.deepEqual(answers, ['12', '34', '5']);
});

test('ST1: a thread that dies fails its questions, and the next one has a new thread', async () => {
  const side = new SideThread(thread('(a) => (a === "die" ? process.exit(1) : a)'));
  const failed = (error: unknown): boolean =>
    error instanceof Failure && error.fault === 'unavailable';
  const asked = [side.ask('die'), side.ask('after')];
  await Promise.all(asked.map((each) => assert.rejects(each, failed)));
  assert.equal(await side.ask('again'), 'again');
  await assert.rejects(new SideThread(thread('() => nonsense')).ask('x'), failed);
  await assert.rejects(new SideThread('/no/such/file.js').ask('x'), failed);
});

test('no more wait than it is bound to', async () => {
  const side = new SideThread(thread('(a) => a'));
  const asked = Array.from({ length: 17 }, (_, i) => side.ask(String(i)));
  const settled = await Promise.allSettled(asked);
  assert.equal(settled.filter(({ status }) => status === 'fulfilled').length, 16);
  assert.equal(settled.at(-1)?.status, 'rejected');
});
