/** How one check of an allocation's services came out last, as the machine that runs it knows. */
import type { Millis } from '../../base/brand.ts';

export interface CheckResult {
  readonly id: string;
  readonly name: string;
  /** Name of the allocation: `job.group[0]`. */
  readonly group: string;
  /** Empty: the check is of a group's service. */
  readonly task: string;
  readonly service: string;
  /** `readiness` holds up no deployment. */
  readonly mode: 'healthiness' | 'readiness';
  /** `pending` until it ran for the first time. */
  readonly status: 'success' | 'failure' | 'pending';
  readonly output: string;
  /** Of an HTTP answer; 0: there was none, or it is no HTTP check. */
  readonly statusCode: number;
  /** When it came out otherwise than before; undefined: never yet. */
  readonly at?: Millis;
}
