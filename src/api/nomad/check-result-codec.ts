/** How the checks of an allocation came out, on the wire: by their ids. */
import type { CheckResult } from '../../core/model/check-result.ts';
import { shape, type Codec } from '../codec/codec.ts';
import { converted, instantSeconds, int, mapOf, maybe, text } from '../codec/fields.ts';

const CHECK_RESULT = shape<CheckResult>({
  id: text('ID'),
  mode: text('Mode'),
  status: text('Status'),
  statusCode: int('StatusCode'),
  output: text('Output'),
  at: maybe(instantSeconds('Timestamp')),
  group: text('Group'),
  task: text('Task'),
  service: text('Service'),
  name: text('Check'),
});

export const CHECK_RESULTS: Codec<readonly CheckResult[]> = converted<
  readonly CheckResult[],
  Readonly<Record<string, CheckResult>>
>(
  mapOf<CheckResult>(CHECK_RESULT),
  (results) => Object.fromEntries(results.map((result) => [result.id, result])),
  (byId) => Object.values(byId),
);
