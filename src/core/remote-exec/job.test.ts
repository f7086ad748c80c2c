import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { jobKeys, placeOf, quietMsOf, remoteJobOf } from './job.ts';
import type { RemoteJob } from './job.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');

test('an event names the place of its job', () => {
  const payload = base64('{"Prefix":"_rexec","Session":"s1"}');
  const place = placeOf({ payload });
  assert.ok(place !== undefined);
  assert.deepEqual(place, { prefix: '_rexec', session: 's1' });
  assert.equal(jobKeys.job(place), '_rexec/s1/job');
  assert.equal(jobKeys.ack(place, 'n'), '_rexec/s1/n/ack');
  assert.equal(jobKeys.output(place, 'n', 17), '_rexec/s1/n/out/00011');
  assert.equal(jobKeys.exit(place, 'n'), '_rexec/s1/n/exit');
});

test('what a job asks for', () => {
  const rows: readonly (readonly [string, RemoteJob | undefined])[] = [
    ['{"Command":"uptime","Script":null,"Wait":2000000000}', { kind: 'shell', command: 'uptime' }],
    ['{"Command":"","Args":["ls","-l"],"Script":null}', { kind: 'args', args: ['ls', '-l'] }],
    [
      `{"Command":"","Script":"${base64('#!/bin/sh\n')}"}`,
      { kind: 'script', script: new Uint8Array(Buffer.from('#!/bin/sh\n')) },
    ],
    ['{"Args":["ls",7]}', undefined],
    ['{"Script":"%%"}', undefined],
    ['{}', undefined],
    ['[]', undefined],
    ['{', undefined],
  ];
  for (const [text, expected] of rows) assert.deepEqual(remoteJobOf(base64(text)), expected, text);
});

test('how long silence is borne', () => {
  const rows: readonly (readonly [string, number])[] = [
    ['{"Wait":5000000000}', 5000],
    ['{"Wait":1}', 250],
    ['{"Wait":-1}', 2000],
    ['{"Wait":"5s"}', 2000],
    ['{', 2000],
  ];
  for (const [text, ms] of rows) assert.equal(quietMsOf(base64(text)), ms, text);
});

test('RX1: no bytes make it throw', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json().map(base64)), (value) => {
      placeOf({ payload: value });
      remoteJobOf(value);
      quietMsOf(value);
    }),
  );
});
