/** Checks of tasks and what is in them. */
import type { NetworkRequest } from '../model/network.ts';
import type { TaskGroup } from '../model/task-group.ts';
import type { TaskResources } from '../model/resources.ts';
import type { Artifact, Task, Template } from '../model/task.ts';
import type { Issues } from './issue.ts';
import { validateAffinities, validateConstraints } from './validate-placement.ts';
import { validateServices } from './validate-service.ts';

const MEMORY_MIN_MB = 10;
const PORT_MAX = 65_535;
const CHANGE_MODES = new Set(['noop', 'signal', 'restart', 'script']);
const ARTIFACT_MODES = new Set(['any', 'file', 'dir']);
const HOOKS = new Set(['prestart', 'poststart', 'poststop']);

/**
 * Checks a task.
 *
 * @param place where issues of the task belong
 */
export function validateTask(task: Task, group: TaskGroup, place: Issues): void {
  const { name, driver, killTimeoutMs, shutdownDelayMs, lifecycle, logConfig } = task;
  place.addIf(
    [name === '', 'Missing task name'],
    [/[/\\]/.test(name), 'Task name cannot include slashes'],
    [name.includes('\0'), 'Task name cannot include null characters'],
    [driver === '', 'Missing task driver'],
    [killTimeoutMs < 0, 'KillTimeout must be a positive value'],
    [shutdownDelayMs < 0, 'ShutdownDelay must be a positive value'],
    [
      lifecycle !== undefined && !HOOKS.has(lifecycle.hook),
      `invalid hook: ${lifecycle?.hook ?? ''}`,
    ],
    [
      task.leader && lifecycle !== undefined,
      'Task leader cannot have a lifecycle: the leader is a main task',
    ],
    [logConfig.maxFiles < 1, `minimum number of files is 1; got ${logConfig.maxFiles}`],
    [logConfig.maxFileSizeMb < 1, `minimum file size is 1MB; got ${logConfig.maxFileSizeMb}`],
    [
      logConfig.maxFiles * logConfig.maxFileSizeMb >= group.ephemeralDisk.sizeMb,
      `log storage (${logConfig.maxFiles * logConfig.maxFileSizeMb} MB) must be less than ` +
        `requested disk capacity (${group.ephemeralDisk.sizeMb} MB)`,
    ],
    [
      task.dispatchPayload !== undefined && escapes(task.dispatchPayload.file),
      'dispatch_payload file escapes the allocation directory',
    ],
  );
  validateConstraints(task.constraints, place);
  validateAffinities(task.affinities, place);
  validateResources(task.resources, place.inside('resources'));
  validateServices(task.services, placeOf(group, task), place);
  for (const [i, artifact] of task.artifacts.entries()) {
    validateArtifact(artifact, place.inside(`artifact ${i + 1}`));
  }
  validateTemplates(task.templates, place);
  validateMounts(task, group, place);
}

function placeOf(group: TaskGroup, task: Task): Parameters<typeof validateServices>[1] {
  return {
    ports: portLabels([...group.networks, ...task.resources.networks]),
    tasks: new Set([task.name]),
    ofTask: true,
  };
}

/** The labels of all ports of networks. */
export function portLabels(networks: readonly NetworkRequest[]): ReadonlySet<string> {
  return new Set(
    networks.flatMap(({ reservedPorts, dynamicPorts }) => {
      return [...reservedPorts, ...dynamicPorts].map((port) => port.label);
    }),
  );
}

/** Checks what a group or task asks of its network; ports are compared over all of them. */
export function validateNetworks(networks: readonly NetworkRequest[], issues: Issues): void {
  const labels = new Set<string>();
  const values = new Map<string, string>();
  for (const { reservedPorts, dynamicPorts, mbits } of networks) {
    issues.addIf([mbits < 0, 'mbits must not be negative']);
    for (const { label, value, to, hostNetwork } of [...reservedPorts, ...dynamicPorts]) {
      const at = issues.inside(`port "${label}"`);
      const key = `${hostNetwork}:${value}`;
      const holder = value === 0 ? undefined : values.get(key);
      at.addIf(
        [label === '', 'Port label must not be empty'],
        [labels.has(label), `Port label ${label} already in use`],
        [holder !== undefined, `Static port ${value} already reserved by ${holder ?? ''}`],
        [value < 0 || value > PORT_MAX, `Port ${value} must be between 1 and ${PORT_MAX}`],
        [to < -1 || to > PORT_MAX, `Port mapping to ${to} must be between -1 and ${PORT_MAX}`],
      );
      labels.add(label);
      if (value !== 0) values.set(key, label);
    }
  }
}

function validateResources(resources: TaskResources, issues: Issues): void {
  const { cpu, cores, memoryMb, memoryMaxMb, networks, devices } = resources;
  issues.addIf(
    [cores === 0 && cpu < 1, `minimum CPU value is 1; got ${cpu}`],
    [cores < 0, `cores must not be negative; got ${cores}`],
    [cores > 0 && cpu > 0, "Task can only ask for 'cpu' or 'cores' resource, not both."],
    [memoryMb < MEMORY_MIN_MB, `minimum MemoryMB value is ${MEMORY_MIN_MB}; got ${memoryMb}`],
    [
      memoryMaxMb > 0 && memoryMaxMb < memoryMb,
      `MemoryMaxMB value (${memoryMaxMb}) should be larger than MemoryMB value (${memoryMb})`,
    ],
  );
  validateNetworks(networks, issues.inside('network'));
  for (const device of devices) {
    const at = issues.inside(`device "${device.name}"`);
    at.addIf(
      [
        device.name === '',
        'device name must be given as one of the following: type, vendor/type, or vendor/type/name',
      ],
      [device.count < 1, `device count must be 1 or greater; got ${device.count}`],
    );
    validateConstraints(device.constraints, at);
    validateAffinities(device.affinities, at);
  }
}

/** Whether a path leads out of the directory that it is relative to. */
function escapes(path: string): boolean {
  let depth = 0;
  for (const part of path.split('/')) {
    if (part === '..') depth--;
    else if (part !== '' && part !== '.') depth++;
    if (depth < 0) return true;
  }
  return false;
}

function validateArtifact(artifact: Artifact, issues: Issues): void {
  const { source, destination, mode } = artifact;
  issues.addIf(
    [source === '', 'source must be specified'],
    [!ARTIFACT_MODES.has(mode), `invalid artifact mode "${mode}"; must be one of: any, file, dir`],
    // Relative to the task's directory, which is in the allocation's.
    [escapes(`task/${destination}`), 'destination escapes allocation directory'],
  );
}

function validateTemplates(templates: readonly Template[], issues: Issues): void {
  const destinations = new Map<string, number>();
  for (const [i, template] of templates.entries()) {
    const { sourcePath, embeddedTemplate, destPath, changeMode, changeSignal, perms } = template;
    const before = destinations.get(destPath);
    issues
      .inside(`template ${i + 1}`)
      .addIf(
        [
          sourcePath === '' && embeddedTemplate === '',
          'Must specify a source path or have an embedded template',
        ],
        [destPath === '', 'Must specify a destination for the template'],
        [escapes(`task/${destPath}`), 'destination escapes allocation directory'],
        [
          before !== undefined && destPath !== '',
          `Template ${i + 1} has same destination as ${(before ?? 0) + 1}`,
        ],
        [
          !CHANGE_MODES.has(changeMode),
          `Invalid change mode "${changeMode}": must be one of noop, signal, restart, script`,
        ],
        [
          changeMode === 'signal' && changeSignal === '',
          'Must specify signal value when change mode is signal',
        ],
        [template.splayMs < 0, 'Must specify positive splay value'],
        [perms !== '' && !/^[0-7]{1,4}$/.test(perms), `Failed to parse "${perms}" as octal`],
      );
    if (before === undefined) destinations.set(destPath, i);
  }
}

function validateMounts(task: Task, group: TaskGroup, issues: Issues): void {
  for (const [i, mount] of task.volumeMounts.entries()) {
    issues
      .inside(`volume_mount ${i + 1}`)
      .addIf(
        [mount.destination === '', 'Volume mount has an empty destination'],
        [
          !Object.hasOwn(group.volumes, mount.volume),
          `Volume Mount references undefined volume "${mount.volume}"`,
        ],
      );
  }
}
