/** What of the bounds of keys and sessions an operator may set. */
import { KV_VALUE_BYTES_MAX, SESSION_TTL_MS_MIN, TXN_BYTES_MAX } from '../../../core/limits.ts';

export interface CoordinationLimits {
  /** Bytes of one value. */
  readonly kvValueMaxBytes: number;
  /** Bytes of the body of a transaction; no less than a value may have. */
  readonly txnMaxBytes: number;
  /** The shortest time to live of a session [ms]. */
  readonly sessionTtlMsMin: number;
}

export const DEFAULT_COORDINATION_LIMITS: CoordinationLimits = {
  kvValueMaxBytes: KV_VALUE_BYTES_MAX,
  txnMaxBytes: TXN_BYTES_MAX,
  sessionTtlMsMin: SESSION_TTL_MS_MIN,
};
