/**
 * The checks of the agent that is asked.
 *
 * Source: https://developer.hashicorp.com/consul/api-docs/agent/check
 */
import * as routes from '../../../api/consul/agent-service-routes.ts';
import { HEALTH_CHECK } from '../../../api/consul/health-codec.ts';
import { Failure } from '../../../base/failure.ts';
import { checkDefinition } from '../../../core/registration/check-definition.ts';
import type { HealthStatus } from '../../../core/model/health-check.ts';
import { plainly } from '../deps.ts';
import { invalid } from '../fail.ts';
import type { Bound } from '../mount.ts';
import { agentCheck } from './agent-rows.ts';
import { bind } from './bind.ts';
import type { OwnAgent } from './own-agent.ts';
import { filtered } from './rows.ts';

/** Binds what concerns the checks of this agent. */
export function agentCheckHandlers(own: OwnAgent): readonly Bound[] {
  const { registrar } = own;
  const report = async (id: string, status: HealthStatus, output: string): Promise<void> => {
    try {
      await registrar.reportTtl(id, status, output);
    } catch (error) {
      // A check of another kind is not the sender's slip alone: Consul says 500.
      if (!(error instanceof Failure) || error.fault !== 'invalid') throw error;
      throw new Failure('invalid', error.message, { facts: { status: 500 } });
    }
  };
  return [
    bind(routes.agentChecks, ({ query }) => {
      const all = registrar.checks().map((each) => agentCheck(registrar.nodeName, each));
      const kept = filtered(all, HEALTH_CHECK, query.filter);
      return plainly(Object.fromEntries(kept.map((each) => [each.id, each])));
    }),
    bind(routes.registerCheck, async ({ body }) => {
      if (body.name === '') throw invalid('Missing check name');
      if (!STATUSES.has(body.status)) throw invalid('Bad check status');
      const names = { id: body.name, name: body.name, serviceId: '' };
      const settled = checkDefinition(body, names, own.checkOutputMaxBytes);
      if ('problem' in settled) throw invalid(`Invalid check: ${settled.problem}`);
      await registrar.registerCheck(settled.made);
      return { value: undefined };
    }),
    bind(routes.deregisterCheck, async ({ params: { id } }) => {
      await registrar.deregisterCheck(id);
      return { value: undefined };
    }),
    ...REPORTS.map(([route, status]) =>
      bind(route, async ({ params: { id }, query }) => {
        await report(id, status, query.note ?? '');
        return { value: undefined };
      }),
    ),
    bind(routes.updateCheck, async ({ params: { id }, body: { status, output } }) => {
      if ((status as string) === '' || !STATUSES.has(status)) {
        throw invalid(`Invalid check status: '${status}'`);
      }
      await report(id, status, output);
      return { value: undefined };
    }),
  ];
}

const STATUSES: ReadonlySet<string> = new Set(['', 'passing', 'warning', 'critical']);

const REPORTS = [
  [routes.passCheck, 'passing'],
  [routes.warnCheck, 'warning'],
  [routes.failCheck, 'critical'],
] as const;
