import test from 'node:test';
import { checkRows } from '../evaluating.fixture.ts';
import { TIME } from './time.ts';

test('functions of time', () => {
  checkRows(TIME, [
    [
      '[timestamp(), timeadd("2026-11-21T06:00:00Z", "1h30m")]',
      '["2026-11-21T06:34:49Z","2026-11-21T07:30:00Z"]',
    ],
    [
      'formatdate("EEE, DD MMM YYYY HH:mm AA \'at\' ZZZ", "2026-11-21T16:05:00+01:00")',
      '"Sat, 21 Nov 2026 04:05 PM at +0100"',
    ],
    [
      'timeadd("2026-02-30T00:00:00Z", "1h")',
      'x:1,9-31: Invalid function argument; Invalid value for "timestamp" parameter: not a valid RFC3339',
    ],
    ['timeadd("2026-02-28T23:59:59.5-08:00", "-1s")', '"2026-02-28T23:59:58.5-08:00"'],
    [
      'timeadd("2026-01-01T00:00:00Z", "1x")',
      'x:1,33-37: Invalid function argument; Invalid value for "duration" parameter: invalid duration "1x".',
    ],
    [
      'formatdate("YY-M-D h:m:s aa EEEE MMMM ZZZZZ Z", "2026-01-02T03:04:05Z")',
      '"26-1-2 3:4:5 am Friday January +00:00 Z"',
    ],
    [
      'formatdate("QQ", "2026-01-02T03:04:05Z")',
      'x:1,12-16: Invalid function argument; Invalid value for "format" parameter: invalid date format',
    ],
  ]);
});
