import { Failure } from '../../base/failure.ts';
import type { Driver } from '../../ports/driver.ts';
import type { AllocNetworks } from '../../ports/network.ts';
import type { AllocHook, AllocScope } from './hook.ts';

/**
 * Gives a group in mode `bridge` (or `none`) a network of its own. A container's engine makes the
 * container's network itself: for a group of one container there is nothing to do here.
 */
export function networkHook(
  networks: AllocNetworks,
  drivers: ReadonlyMap<string, Driver>,
): AllocHook {
  const isolation = (scope: AllocScope): 'bridge' | 'none' | undefined =>
    isOneContainer(scope, drivers) ? undefined : modeOf(scope);
  return {
    name: 'network',
    async prerun(scope, signal) {
      const mode = isolation(scope);
      if (mode === undefined) return;
      const request = scope.group.networks[0];
      const dns = request?.dns;
      scope.network = await networks.ensure(
        {
          id: scope.alloc.id,
          mode,
          ports: scope.alloc.ports.filter((port) => port.task === undefined),
          hostname: request?.hostname ?? '',
          ...(dns === undefined ? {} : { dns }),
        },
        signal,
      );
    },
    async postrun(scope) {
      if (isolation(scope) !== undefined) await networks.remove(scope.alloc.id);
    },
  };
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

function isOneContainer({ group }: AllocScope, drivers: ReadonlyMap<string, Driver>): boolean {
  const [task] = group.tasks;
  if (task === undefined || group.tasks.length > 1) return false;
  return drivers.get(task.driver)?.capabilities.fsIsolation === 'image';
}
