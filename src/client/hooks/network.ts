import { Failure } from '../../base/failure.ts';
import type { NodeId } from '../../core/model/ids.ts';
import type { Driver, DriverNetworks } from '../../ports/driver.ts';
import type { AllocNetworks } from '../../ports/network.ts';
import type { AllocHook, AllocScope, TaskHook } from './hook.ts';

export interface NetworkDeps {
  readonly networks: AllocNetworks;
  readonly drivers: ReadonlyMap<string, Driver>;
  readonly nodeId: () => NodeId;
}

/** A driver whose tasks join only what it made itself. */
interface Owner {
  readonly driver: string;
  readonly network: DriverNetworks;
}

/** Who makes a group's network. */
type Maker =
  /** It has none of its own, or its only task's driver makes one with the task. */
  | Readonly<{ by: 'nobody' }>
  /** A namespace that nothing leads into, for tasks of one driver: no work for the machine. */
  | Readonly<{ by: 'driver'; owner: Owner }>
  /** The machine; where there is an owner, in the namespace that it made. */
  | Readonly<{ by: 'machine'; mode: 'bridge' | 'none'; owner: Owner | undefined }>;

/** Gives a group in mode `bridge` or `none` a network that all its tasks share. */
export function networkHook(deps: NetworkDeps): AllocHook {
  return {
    name: 'network',
    prerun: (scope, signal) => ensure(scope, deps, signal),
    async postrun(scope) {
      const maker = makerOf(scope, deps.drivers);
      const { id } = scope.alloc;
      try {
        if (maker.by === 'machine') await deps.networks.remove(id);
      } finally {
        if (maker.by !== 'nobody') await maker.owner?.network.remove(id);
      }
    },
  };
}

/**
 * Finds the network again, or makes it anew: an engine that was restarted has forgotten the
 * namespaces it made. Namespaces of the machine stay.
 */
export function networkAgainHook(deps: NetworkDeps): TaskHook {
  return {
    name: 'network',
    async prestart(scope, signal) {
      const maker = makerOf(scope, deps.drivers);
      if (maker.by !== 'nobody' && maker.owner !== undefined) await ensure(scope, deps, signal);
    },
  };
}

async function ensure(scope: AllocScope, deps: NetworkDeps, signal: AbortSignal): Promise<void> {
  const maker = makerOf(scope, deps.drivers);
  if (maker.by === 'nobody') return;
  const { alloc, group } = scope;
  const { hostname = '', dns } = group.networks[0] ?? {};
  const wish = { id: alloc.id, hostname, ...(dns === undefined ? {} : { dns }) };
  const { owner } = maker;
  const lend = async ({ driver, network }: Owner, address: string): Promise<number> => {
    const made = await network.ensure({ ...wish, nodeId: deps.nodeId(), address }, signal);
    scope.driverNetwork = { driver, name: made.name };
    return made.pid;
  };
  if (maker.by === 'driver') {
    await lend(maker.owner, '');
    return;
  }
  scope.network = await deps.networks.ensure(
    {
      ...wish,
      mode: maker.mode,
      ports: alloc.ports.filter((port) => port.task === undefined),
      ...(owner === undefined ? {} : { lend: (address) => lend(owner, address) }),
    },
    signal,
  );
}

function makerOf(scope: AllocScope, drivers: NetworkDeps['drivers']): Maker {
  const mode = modeOf(scope);
  if (mode === undefined) return { by: 'nobody' };
  const { tasks } = scope.group;
  const [first, ...others] = tasks.map((task) => drivers.get(task.driver));
  // An engine gives the only container of a group a network and publishes its ports, too.
  const isOneContainer = first?.capabilities.fsIsolation === 'image' && others.length === 0;
  if (isOneContainer && mode === 'bridge') return { by: 'nobody' };
  const owner = [first, ...others].flatMap((driver): Owner[] =>
    driver?.network === undefined ? [] : [{ driver: driver.name, network: driver.network }],
  )[0];
  const isAllOwned = owner !== undefined && tasks.every((task) => task.driver === owner.driver);
  if (isAllOwned && mode === 'none') return { by: 'driver', owner };
  return { by: 'machine', mode, owner };
}

function modeOf({ group }: AllocScope): 'bridge' | 'none' | undefined {
  const mode = group.networks[0]?.mode ?? '';
  switch (mode) {
    case '':
    case 'host':
      return undefined;
    case 'bridge':
    case 'none':
      return mode;
    default:
      throw new Failure('unsupported', `network mode "${mode}" is not supported by this build`);
  }
}
