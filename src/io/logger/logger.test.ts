import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogger } from './logger.ts';

test('text lines tell when, how grave, who and what; quieter ones are left out', () => {
  const lines: string[] = [];
  const logger = createLogger({ level: 'info', json: false }, (line) => lines.push(line));
  logger.write('debug', 'client', 'unheard');
  logger.write('warn', 'client', 'heard');
  assert.equal(lines.length, 1);
  assert.match(lines[0] ?? '', /^\d{4}-\S+Z \[WARN\] {2}client: heard\n$/);
});

test('JSON lines carry the same', () => {
  const lines: string[] = [];
  const logger = createLogger({ level: 'info', json: true }, (line) => lines.push(line));
  logger.write('debug', 'client', 'unheard');
  logger.write('error', 'server', 'heard "it"');
  const [line] = lines.map((text) => JSON.parse(text) as Record<string, unknown>);
  assert.equal(line?.['message'], 'heard "it"');
  assert.equal(line['name'], 'server');
  assert.equal(lines.length, 1);
});

test('a follower hears what it asked for, in order, until it has enough', async () => {
  const logger = createLogger({ level: 'error', json: false }, () => undefined);
  const stop = new AbortController();
  const heard: string[] = [];
  const following = (async () => {
    for await (const line of logger.follow('info', stop.signal)) {
      heard.push(line.message);
      if (heard.length === 2) stop.abort();
    }
  })();
  await new Promise(setImmediate);
  for (const message of ['a', 'b']) logger.write('info', 'agent', message);
  logger.write('debug', 'agent', 'too quiet');
  await following;
  assert.deepEqual(heard, ['a', 'b']);
});

test('a reader that does not read loses the oldest lines', async () => {
  const logger = createLogger({ level: 'error', json: false }, () => undefined);
  const stop = new AbortController();
  const lines = logger.follow('info', stop.signal)[Symbol.asyncIterator]();
  const first = lines.next();
  for (let i = 0; i < 3000; i++) logger.write('info', 'agent', String(i));
  await first;
  const next = await lines.next();
  assert.ok(next.done !== true && Number(next.value.message) >= 1);
  stop.abort();
});
