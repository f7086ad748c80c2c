/** Artifacts that are had at once, or fail as the simulation wants. */
import type { ArtifactProgress, Artifacts, ArtifactTarget } from '../ports/artifacts.ts';
import type { ArtifactPlan } from '../core/artifact/source.ts';

export class SimArtifacts implements Artifacts {
  /** Names of what was fetched, in order. */
  readonly fetched: string[] = [];
  /** Thrown by the next fetches. */
  readonly failures: Error[] = [];
  /** Set: each fetch hears of so much, one after the other, before it ends. */
  hears: readonly ArtifactProgress[] = [];
  /** Waits between them. */
  pause: () => Promise<void> = () => Promise.resolve();

  async fetch(plan: ArtifactPlan, { progress }: ArtifactTarget): Promise<void> {
    const failure = this.failures.shift();
    if (failure !== undefined) throw failure;
    for (const got of this.hears) {
      await this.pause();
      progress?.(got);
    }
    this.fetched.push(plan.name);
  }
}
