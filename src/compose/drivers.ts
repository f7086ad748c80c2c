/** Builds the task drivers of this machine. */
import type { Millis } from '../base/brand.ts';
import type { JsonObject } from '../base/json.ts';
import type { AgentConfig } from '../core/agent-config/config.ts';
import { Reader } from '../core/agent-config/reader.ts';
import { DEFAULT_CAPABILITIES } from '../core/model/capabilities.ts';
import { findHierarchies } from '../io/cgroup/hierarchy.ts';
import { TaskCgroups } from '../io/cgroup/task-cgroups.ts';
import { DockerDriver } from '../io/drivers/docker/docker-driver.ts';
import { Engine } from '../io/drivers/docker/engine.ts';
import { ExecDriver } from '../io/drivers/exec/driver.ts';
import { MockDriver } from '../io/drivers/mock/driver.ts';
import { JavaDriver } from '../io/drivers/java/driver.ts';
import { QemuDriver } from '../io/drivers/qemu/driver.ts';
import { RawExecDriver } from '../io/drivers/raw-exec/driver.ts';
import { cpuFacts } from '../io/proc/machine.ts';
import type { Clock } from '../ports/clock.ts';
import type { Driver } from '../ports/driver.ts';
import type { Keeper } from '../ports/keeper.ts';
import { dockerSocket } from './docker-socket.ts';

export interface BuiltDrivers {
  readonly drivers: readonly Driver[];
  /** Lets go of what they hold; tasks run on. */
  close(): Promise<void>;
}

export function buildDrivers(
  config: AgentConfig,
  deps: { readonly keeper: Keeper; readonly clock: Clock; readonly now: () => Millis },
): BuiltDrivers {
  const hierarchies = findHierarchies();
  const cgroups = new TaskCgroups(hierarchies);
  const processes = { keeper: deps.keeper, clock: deps.clock, cgroups };
  const containers = { ...processes, hierarchies };
  const docker = buildDocker(config, deps.now);
  const rawExec = new Reader(config.plugins['raw_exec'] ?? {}, 'plugin.raw_exec');
  const qemu = new Reader(config.plugins['qemu'] ?? {}, 'plugin.qemu');
  const mock = new Reader(config.plugins['mock_driver'] ?? {}, 'plugin.mock_driver');
  return {
    drivers: [
      new RawExecDriver({ enabled: rawExec.flag('enabled', true) }, processes),
      new ExecDriver({}, containers),
      new JavaDriver({}, containers, true),
      new QemuDriver({ imagePaths: qemu.texts('image_paths') }, processes),
      docker,
      ...(mock.flag('enabled', config.dev) ? [new MockDriver({ clock: deps.clock })] : []),
    ],
    close: () => docker.close(),
  };
}

/** Source: https://developer.hashicorp.com/nomad/docs/drivers/docker#plugin-options */
function buildDocker(config: AgentConfig, now: () => Millis): DockerDriver {
  const plugin = new Reader(config.plugins['docker'] ?? {}, 'plugin.docker');
  const { count, mhz } = cpuFacts();
  const caps = plugin.texts('allow_caps');
  return new DockerDriver(
    {
      policy: {
        allowPrivileged: plugin.flag('allow_privileged', false),
        volumes: plugin.block('volumes').flag('enabled', false),
        allowCaps: caps.length > 0 ? caps : DEFAULT_CAPABILITIES,
      },
      cores: count,
      mhz,
      removeContainers: plugin.block('gc').flag('container', true),
      infraImage: plugin.text('infra_image'),
    },
    {
      engine: new Engine(dockerSocket(config)),
      now,
      credentials: (registry) => Promise.resolve(credentialsOf(plugin.object('auth'), registry)),
    },
  );
}

/** `auth { "registry.local:5000" = { username = "...", password = "..." } }`. */
function credentialsOf(
  auth: JsonObject,
  registry: string,
): { username: string; password: string; serverAddress: string } | undefined {
  const entry = new Reader(auth, 'auth').block(registry);
  const username = entry.text('username');
  if (username === undefined) return undefined;
  return { username, password: entry.text('password', ''), serverAddress: registry };
}
