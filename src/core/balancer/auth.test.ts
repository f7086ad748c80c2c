import assert from 'node:assert/strict';
import { test } from 'node:test';
import { authorised } from './auth.ts';

const scheme = { realm: 'op"s', users: { ann: 'se:cret', zoë: 'naïve' } };
const utf8 = (text: string): string => Buffer.from(text).toString('base64');

const rows: [headers: readonly string[], status: number | undefined][] = [
  [['Authorization', `Basic ${utf8('ann:se:cret')}`], undefined],
  [['authorization', `bAsIc  ${utf8('zoë:naïve')}`], undefined],
  [['X', 'y', 'Authorization', `Basic ${utf8('ann:se:cret')}`], undefined],
  [[], 401],
  [['Authorization', ''], 401],
  [['Authorization', `Basic ${utf8('ann:se:cre')}`], 401],
  [['Authorization', `Basic ${utf8('ann:se:crets')}`], 401],
  [['Authorization', `Basic ${utf8('ann:')}`], 401],
  [['Authorization', `Basic ${utf8('ann')}`], 401],
  [['Authorization', `Basic ${utf8('toString:x')}`], 401],
  [['Authorization', `Bearer ${utf8('ann:se:cret')}`], 401],
  [['Authorization', 'Basic @@@@'], 401],
  // The first one counts: a second is not looked at.
  [['Authorization', 'Basic x', 'Authorization', `Basic ${utf8('ann:se:cret')}`], 401],
];
for (const [headers, status] of rows) {
  test(`${JSON.stringify(headers)} is answered ${status ?? 'by the target'}`, () => {
    assert.equal(authorised(headers, scheme)?.status, status);
  });
}

test('a scheme that nobody configured lets nobody pass; a realm cannot end its own quotes', () => {
  const headers = ['Authorization', `Basic ${utf8('ann:se:cret')}`];
  assert.equal(authorised(headers, undefined)?.status, 403);
  const asked = authorised([], scheme)?.headers['www-authenticate'];
  assert.equal(asked, 'Basic realm="ops", charset="UTF-8"');
});
