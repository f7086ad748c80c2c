/** Where an allocation's services are reached, and what names mean in their texts. */
import { taskEnvironment } from '../core/interpolate/environment.ts';
import type { NodeFacts } from '../core/model/node.ts';
import type { OfferPlace } from '../core/offers/offers.ts';
import type { AllocScope } from './hooks/hook.ts';

/** The attribute of a node that holds its address. */
const HOST_ADDRESS = 'unique.network.ip-address';

/** Names of the group's services know no task: a part of their texts that names one stays. */
const NO_TASK = { name: '', meta: {}, env: {} };
const NO_RESOURCES = { cpu: 0, cores: [], memoryMb: 0, memoryMaxMb: 0 };
/** Services are looked at from outside: their texts name no directory. */
const NO_DIRECTORIES = { alloc: '', local: '', secrets: '' };

/** @param scope as the allocation's hooks left it by now */
export function offerPlace(
  { alloc, job, group, network }: Pick<AllocScope, 'alloc' | 'job' | 'group' | 'network'>,
  {
    node,
    hostEnv,
  }: { readonly node: NodeFacts; readonly hostEnv: Readonly<Record<string, string>> },
): OfferPlace {
  const address = network?.address ?? '';
  const inside = address === '' ? {} : { allocAddress: address };
  return {
    alloc,
    group,
    hostAddress: node.attributes[HOST_ADDRESS] ?? '127.0.0.1',
    ...inside,
    lookupOf: (task) =>
      taskEnvironment({
        ...{ node, alloc, job, group, hostEnv, ...inside },
        task: task ?? NO_TASK,
        resources: task === undefined ? NO_RESOURCES : { ...task.resources, cores: [] },
        directories: NO_DIRECTORIES,
        portMap: {},
      }).lookup,
  };
}
