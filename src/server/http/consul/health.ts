/** Health: who offers what, and works. */
import { HEALTH_CHECK, HEALTH_ENTRY } from '../../../api/consul/health-codec.ts';
import * as routes from '../../../api/consul/health-routes.ts';
import type { HealthStatus } from '../../../core/model/health-check.ts';
import {
  readChecksInState,
  readNodeChecks,
  readServiceChecks,
  readServiceHealth,
} from '../../../core/state/reads-health.ts';
import { plainly, toldOf } from '../deps.ts';
import { invalid } from '../fail.ts';
import type { Bound } from '../mount.ts';
import { bind } from './bind.ts';
import type { ConsulDeps } from './deps.ts';
import { filtered, whereOf } from './rows.ts';

/** Binds what concerns health. */
export function healthHandlers(deps: ConsulDeps): readonly Bound[] {
  return [...checks(deps), ...services(deps)];
}

const STATES: readonly string[] = ['any', 'passing', 'warning', 'critical'];

function checks(deps: ConsulDeps): readonly Bound[] {
  const { ops, agent } = deps;
  return [
    bind(routes.nodeHealth, async ({ params, query, datacenter, waiting, signal }) => {
      const read = readNodeChecks(params.node, datacenter ?? agent.datacenter);
      const answer = await ops.query(read, waiting, signal);
      return { value: filtered(answer.value, HEALTH_CHECK, query.filter), ...toldOf(answer) };
    }),
    bind(routes.serviceChecks, async (call) => {
      const read = readServiceChecks(call.params.service, whereOf(deps, call));
      const answer = await ops.query(read, call.waiting, call.signal);
      return { value: filtered(answer.value, HEALTH_CHECK, call.query.filter), ...toldOf(answer) };
    }),
    bind(routes.checksInState, async (call) => {
      const { state } = call.params;
      if (!STATES.includes(state)) {
        throw invalid(`invalid check state "${state}": expected ${STATES.join(', ')}`);
      }
      const read = readChecksInState(state as HealthStatus | 'any', whereOf(deps, call));
      const answer = await ops.query(read, call.waiting, call.signal);
      return { value: filtered(answer.value, HEALTH_CHECK, call.query.filter), ...toldOf(answer) };
    }),
  ];
}

function services(deps: ConsulDeps): readonly Bound[] {
  const { ops } = deps;
  return [
    bind(routes.serviceHealth, async (call) => {
      const { params, query } = call;
      const where = { ...whereOf(deps, call), tags: query.tags ?? [] };
      const read = readServiceHealth(params.service, { ...where, passing: query.passing === true });
      const answer = await ops.query(read, call.waiting, call.signal);
      return { value: filtered(answer.value, HEALTH_ENTRY, query.filter), ...toldOf(answer) };
    }),
    // There is no mesh: nothing is reached through it.
    bind(routes.connectHealth, () => plainly([])),
    bind(routes.ingressHealth, () => plainly([])),
  ];
}
