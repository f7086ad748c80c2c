/** The order in which hooks run. Down goes the other way round. */
import type { HostVolume } from '../../core/model/node.ts';
import type { AllocDirs } from '../../ports/alloc-dir.ts';
import { allocDirHook } from './alloc-dir.ts';
import type { ArtifactsHook } from './artifacts.ts';
import { dispatchPayloadHook } from './dispatch-payload.ts';
import type { AllocHook, TaskHook } from './hook.ts';
import { networkAgainHook, networkHook, type NetworkDeps } from './network.ts';
import { preemptedAllocsHook, type PreemptedDeps } from './preempted-allocs.ts';
import { previousAllocHook, type PreviousDeps } from './previous-alloc.ts';
import type { TemplatesHook } from './templates.ts';
import { unsupportedHook } from './unsupported.ts';
import { volumesHook } from './volumes.ts';

/** What the hooks work with. */
export interface HookDeps extends NetworkDeps, PreemptedDeps, PreviousDeps {
  readonly dirs: AllocDirs;
  readonly hostVolumes: Readonly<Record<string, HostVolume>>;
  readonly artifacts: ArtifactsHook;
  readonly templates: TemplatesHook;
}

/** Around an allocation. */
export function allocHooks(deps: HookDeps): readonly AllocHook[] {
  return [
    allocDirHook(deps.dirs),
    previousAllocHook(deps),
    preemptedAllocsHook(deps),
    networkHook(deps),
    deps.artifacts,
    deps.templates,
  ];
}

/** Before each start of a task. */
export function taskHooks(deps: HookDeps): readonly TaskHook[] {
  return [
    unsupportedHook,
    networkAgainHook(deps),
    dispatchPayloadHook(deps.dirs),
    volumesHook(deps.hostVolumes),
    deps.artifacts,
    deps.templates,
  ];
}
