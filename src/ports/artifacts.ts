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
   * @param taskDir absolute; `plan.destination` lies in it
   *
   * Fails: `invalid` a wrong checksum, an archive that is broken or would leave the directory, a
   * source that refuses for good; `unavailable`, `timeout` worth another try; `exhausted` larger
   * than the named limits; `canceled` the signal.
   */
  fetch(plan: ArtifactPlan, taskDir: string, signal: AbortSignal): Promise<void>;
}
