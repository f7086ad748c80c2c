import assert from 'node:assert/strict';
import { test } from 'node:test';
import { submissionBytes } from './job-submission.ts';

test('a submission takes as much room as all of its texts as bytes', () => {
  const empty = { source: '', format: 'hcl2', variableFlags: {}, variables: '' };
  const rows: readonly (readonly [Parameters<typeof submissionBytes>[0], number])[] = [
    [empty, 0],
    [{ ...empty, source: 'job' }, 3],
    [{ ...empty, source: 'é' }, 2],
    [{ ...empty, variables: 'a = 1', variableFlags: { tag: '1.2', b: '' } }, 12],
  ];
  for (const [submission, bytes] of rows) assert.equal(submissionBytes(submission), bytes);
});
