/** Health: who offers what, and works. */
import { HEALTH_CHECK, HEALTH_ENTRY } from '../../../api/consul/health-codec.ts';
import * as routes from '../../../api/consul/health-routes.ts';
import type { HealthStatus } from '../../../core/model/health-check.ts';
import {
  readChecksInState,
  readNodeChecks,
  readProxyHealth,
  readServiceChecks,
  readServiceHealth,
} from '../../../core/state/reads-health.ts';
import { listOf } from '../../../api/codec/fields.ts';
import { folded } from '../../../core/model/catalog.ts';
import type { InstanceHealth } from '../../../core/state/reads-health.ts';
import { soon, type Soon } from '../../../base/soon.ts';
import type { HttpReply, HttpRequest } from '../../../ports/http.ts';
import { plainly, toldOf } from '../deps.ts';
import { invalid } from '../fail.ts';
import { KeptReadings } from '../kept-readings.ts';
import type { Bound } from '../mount.ts';
import { bind, toldHeaders } from './bind.ts';
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

/** All that the health of a service is made of. */
const TABLES = ['services', 'checks', 'catalogNodes'] as const;

type Entries = readonly InstanceHealth[];

function services(deps: ConsulDeps): readonly Bound[] {
  const { ops } = deps;
  const kept = new KeptReadings<Entries>(listOf(HEALTH_ENTRY), TABLES);
  const health = bind(routes.serviceHealth, async (call) => {
    const { params, query, waiting, signal } = call;
    const tags = query.tags ?? [];
    const where = { ...whereOf(deps, call), tags, passing: query.passing === true };
    const read = readServiceHealth(params.service, where);
    // Distances change without an index, and few ask for a filter in the same words.
    if (where.near !== '' || query.filter !== undefined) {
      const answer = await ops.query(read, waiting, signal);
      return { value: filtered(answer.value, HEALTH_ENTRY, query.filter), ...toldOf(answer) };
    }
    const name = JSON.stringify([folded(params.service), where]);
    const answer = await ops.query(kept.of(name, read), waiting, signal);
    return { ...answer.value, ...toldOf(answer) };
  });
  return [
    shortened(health, deps, kept),
    bind(routes.connectHealth, async (call) => {
      const { params, query, waiting, signal } = call;
      const where = whereOf(deps, call);
      const asked = { ...where, tags: query.tags ?? [], passing: query.passing === true };
      const answer = await ops.query(readProxyHealth(params.service, asked), waiting, signal);
      return { value: filtered(answer.value, HEALTH_ENTRY, query.filter), ...toldOf(answer) };
    }),
    // There is no mesh: nothing leads into it.
    bind(routes.ingressHealth, () => plainly([])),
  ];
}

const PRESENT = { consistency: 'default' } as const;
/** Of what waits for nothing. */
const NEVER = new AbortController().signal;
/** What those ask who ask all the time. */
const OFTEN = /^(?:passing(?:=(?:1|true))?)?$/;

/** Lets the most common requests pass by the reading of their query; the answer is the same. */
function shortened(bound: Bound, deps: ConsulDeps, kept: KeptReadings<Entries>): Bound {
  const { ops, agent } = deps;
  const { datacenter } = agent;
  const all = { datacenter, nodeMeta: {}, near: '', tags: [] };
  const short = (service: string, passing: boolean): Soon<HttpReply> => {
    const read = readServiceHealth(service, { ...all, passing });
    const name = `${folded(service)}${passing ? '?passing' : '?'}`;
    return soon(ops.query(kept.of(name, read), PRESENT, NEVER), (answer) => {
      const headers = { ...toldHeaders(answer, 'default'), 'Content-Type': 'application/json' };
      return { status: 200, headers, body: answer.value.json() };
    });
  };
  const mounts = bound.mounts.map((mount) => ({
    ...mount,
    handle: (request: HttpRequest) =>
      OFTEN.test(request.query) && (request.asked?.datacenter ?? datacenter) === datacenter
        ? short(request.params['service'] ?? '', request.query !== '')
        : mount.handle(request),
  }));
  return { route: bound.route, mounts };
}
