/** Artifacts that are had at once, or fail as the simulation wants. */
import type { Artifacts } from '../ports/artifacts.ts';
import type { ArtifactPlan } from '../core/artifact/source.ts';

export class SimArtifacts implements Artifacts {
  /** Names of what was fetched, in order. */
  readonly fetched: string[] = [];
  /** Thrown by the next fetches. */
  readonly failures: Error[] = [];

  fetch(plan: ArtifactPlan): Promise<void> {
    const failure = this.failures.shift();
    if (failure !== undefined) return Promise.reject(failure);
    this.fetched.push(plan.name);
    return Promise.resolve();
  }
}
