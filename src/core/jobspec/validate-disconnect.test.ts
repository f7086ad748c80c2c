import test from 'node:test';
import { around, checkIssues } from './job-text.fixture.ts';

const inBlock = (text: string, job = ''): string => around(`disconnect {\n${text}\n}`, '', job);

test('what is said of instances out of touch does not contradict itself', () => {
  const place = 'group "g" > disconnect: ';
  checkIssues([
    [inBlock('lost_after = "6h"\n replace = false\n reconcile = "keep_original"'), []],
    [inBlock('stop_on_client_after = "12h"'), []],
    [around('max_client_disconnect = "1h"\n prevent_reschedule_on_lost = true'), []],
    [
      inBlock('lost_after = "1h"\n stop_on_client_after = "1h"'),
      [`${place}cannot be configured with both lost_after and stop_on_client_after`],
    ],
    [inBlock('lost_after = "-1s"'), [`${place}lost_after cannot be a negative duration`]],
    [
      inBlock('stop_on_client_after = "-1s"'),
      [`${place}stop_on_client_after cannot be a negative duration`],
    ],
    [
      inBlock('stop_on_client_after = "1s"', 'type = "system"'),
      [`${place}stop_on_client_after can only be used with service or batch job types`],
    ],
    [
      inBlock('reconcile = "keep_both"'),
      [
        `${place}reconcile must be one of best_score, keep_original, keep_replacement, longest_running; not "keep_both"`,
      ],
    ],
    [
      around('max_client_disconnect = "1h"\n stop_after_client_disconnect = "1h"'),
      [
        'group "g": task group cannot be configured with both max_client_disconnect and stop_after_client_disconnect',
      ],
    ],
    [
      around('max_client_disconnect = "1h"\n disconnect {\n lost_after = "1h"\n}'),
      [
        'group "g": a disconnect block takes the place of max_client_disconnect and stop_after_client_disconnect: write one or the other',
      ],
    ],
  ]);
});
