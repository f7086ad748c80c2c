/**
 * Fetches what tasks need before they start.
 *
 * F1: nothing is written outside the task's directory, whatever the source sends.
 * F2: a file whose checksum is not the wanted one is never seen by the task.
 */
import type { ArtifactPlan } from '../core/artifact/source.ts';

export interface Artifacts {
  /**
   * Fetches, checks and unpacks one artifact.
   *
   * @param target `taskDir`: absolute, `plan.destination` lies in it
   *
   * Fails: `invalid` a wrong checksum, an archive that is broken or would leave the directory, a
   * source that refuses for good; `unavailable`, `timeout` worth another try; `exhausted` larger
   * than the named limits; `canceled` the signal.
   */
  fetch(plan: ArtifactPlan, target: ArtifactTarget, signal: AbortSignal): Promise<void>;
}

export interface ArtifactTarget {
  readonly taskDir: string;
  /** Hears how much has come, as it comes. */
  readonly progress?: (got: ArtifactProgress) => void;
}

export interface ArtifactProgress {
  readonly receivedBytes: number;
  /** Of the whole; absent: the source does not say. */
  readonly totalBytes?: number;
}
