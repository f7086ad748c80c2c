/** Judges of what servers have in their books about allocations; no world, so that they are tested. */

/** An allocation as the API lists it. */
export interface Listed {
  readonly ID: string;
  readonly Name: string;
  readonly NodeName: string;
  readonly JobVersion: number;
  readonly ClientStatus: string;
  readonly DesiredStatus: string;
  readonly DeploymentStatus?: {
    readonly Healthy?: boolean | null;
    readonly Canary?: boolean;
  } | null;
  readonly NextAllocation?: string;
  readonly DesiredTransition?: { readonly Migrate?: boolean | null } | null;
  readonly CreateIndex: number;
  readonly ModifyIndex: number;
}

/** Whether it is to run, and nobody has said yet that it does not. */
export function isWanted({ DesiredStatus, ClientStatus }: Listed): boolean {
  return DesiredStatus === 'run' && (ClientStatus === 'pending' || ClientStatus === 'running');
}

/**
 * Names that two are wanted of at one index. A canary shares its name with what it takes the place
 * of, until that is told to stop: some time after it was promoted, and is none any more.
 */
export function doubled(allocs: readonly Listed[], hasCanaries: boolean): readonly string[] {
  const known = new Map<string, Listed>();
  const wrong: string[] = [];
  for (const alloc of allocs.filter((each) => isWanted(each) && !isCanary(each))) {
    const key = hasCanaries ? `${alloc.Name} of ${alloc.JobVersion}` : alloc.Name;
    const other = known.get(key);
    if (other !== undefined) wrong.push(`${key} is ${other.ID} and ${alloc.ID}`);
    known.set(key, alloc);
  }
  return wrong;
}

/**
 * What a version changes at once beyond what it may: what took the place of another version's and is
 * not healthy yet. What replaces work that was lost, or moved, or failed does not count.
 *
 * @param rollout its version, and the index that it began at
 */
export function hasty(
  allocs: readonly Listed[],
  maxParallel: number,
  rollout: { readonly JobVersion: number; readonly CreateIndex: number },
): readonly string[] {
  const { JobVersion: version, CreateIndex: since } = rollout;
  const olds = new Map(allocs.map((alloc) => [alloc.NextAllocation ?? '', alloc]));
  const changed: Listed[] = [];
  for (const alloc of allocs) {
    const before = olds.get(alloc.ID);
    if (alloc.JobVersion !== version || alloc.CreateIndex < since || !before) continue;
    if (!isWanted(alloc) || isCanary(alloc) || alloc.DeploymentStatus?.Healthy === true) continue;
    if (before.JobVersion !== version && !isExcused(before)) changed.push(alloc);
  }
  if (changed.length <= maxParallel) return [];
  return [`version ${version} changes ${changed.length} at once, not ${maxParallel}`];
}

/** Whether something had to take its place, whatever the rollout. */
function isExcused({ ClientStatus, DesiredTransition }: Listed): boolean {
  return /lost|failed|unknown/.test(ClientStatus) || DesiredTransition?.Migrate === true;
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
