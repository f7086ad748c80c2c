/** Judges of what servers have in their books about allocations; no world, so that they are tested. */

/** An allocation as the API lists it. */
export interface Listed {
  readonly ID: string;
  readonly Name: string;
  readonly NodeName: string;
  readonly JobVersion: number;
  readonly ClientStatus: string;
  readonly DesiredStatus: string;
  readonly DeploymentID?: string;
  readonly DeploymentStatus?: {
    readonly Healthy?: boolean | null;
    readonly Canary?: boolean;
  } | null;
  readonly PreviousAllocation?: string;
  readonly CreateIndex: number;
  readonly ModifyIndex: number;
}

/** Whether it is to run, and nobody has said yet that it does not. */
export function isWanted({ DesiredStatus, ClientStatus }: Listed): boolean {
  return DesiredStatus === 'run' && (ClientStatus === 'pending' || ClientStatus === 'running');
}

/** Names that two are wanted of at one index; a canary shares its name with what it may replace. */
export function doubled(allocs: readonly Listed[]): readonly string[] {
  const known = new Map<string, Listed>();
  const wrong: string[] = [];
  for (const alloc of allocs.filter((each) => isWanted(each) && !isCanary(each))) {
    const other = known.get(alloc.Name);
    if (other !== undefined) wrong.push(`${alloc.Name} is ${other.ID} and ${alloc.ID}`);
    known.set(alloc.Name, alloc);
  }
  return wrong;
}

/**
 * Deployments that touch more at once than they may: those that took the place of another version's
 * and are not healthy yet. What replaces work that was lost, or moved, does not count.
 */
export function hasty(allocs: readonly Listed[], maxParallel: number): readonly string[] {
  const byId = new Map(allocs.map((alloc) => [alloc.ID, alloc]));
  const counts = new Map<string, number>();
  for (const alloc of allocs) {
    const before = byId.get(alloc.PreviousAllocation ?? '');
    if (!isWanted(alloc) || isCanary(alloc) || alloc.DeploymentStatus?.Healthy === true) continue;
    if (before === undefined || before.JobVersion === alloc.JobVersion) continue;
    if (before.ClientStatus === 'lost' || before.ClientStatus === 'failed') continue;
    const deployment = alloc.DeploymentID ?? '';
    counts.set(deployment, (counts.get(deployment) ?? 0) + 1);
  }
  return [...counts]
    .filter(([, count]) => count > maxParallel)
    .map(([deployment, count]) => `${deployment} changes ${count} at once, not ${maxParallel}`);
}

/** Those that were placed after another of their name was known to have succeeded. */
export function repeated(allocs: readonly Listed[]): readonly string[] {
  const succeeded = allocs.filter(({ ClientStatus }) => ClientStatus === 'complete');
  return succeeded.flatMap((done) =>
    allocs
      .filter(({ Name, CreateIndex }) => Name === done.Name && CreateIndex > done.ModifyIndex)
      .map(({ ID, Name }) => `${Name}: ${ID} after ${done.ID}, complete at ${done.ModifyIndex}`),
  );
}

function isCanary({ DeploymentStatus }: Listed): boolean {
  return DeploymentStatus?.Canary === true;
}
