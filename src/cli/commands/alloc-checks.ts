/** `muster alloc checks`: how the checks of an allocation's services came out last. */
import { allocChecks } from '../../api/nomad/client-routes.ts';
import type { CheckResult } from '../../core/model/check-result.ts';
import type { Command } from '../command.ts';
import { keyValues } from '../format/columns.ts';
import { printed } from '../format/json.ts';
import { timestamp } from '../format/time.ts';
import { matchAlloc, only } from '../matching.ts';
import { DATA_FLAGS, openSession, VERBOSE, withApiFlags } from '../session.ts';

export const allocChecksCommand: Command = {
  name: 'alloc checks',
  summary: 'Show how the checks of an allocation came out',
  description:
    'Shows the checks of its services as the node knows them that runs it: those of tasks that do not run now are left out.',
  arguments: ['<allocation>'],
  flags: withApiFlags(...DATA_FLAGS, VERBOSE),
  examples: [{ line: 'muster alloc checks 8a0c24d9', says: 'Why it is not healthy:' }],
  run: async (invocation, world) => {
    const session = openSession(invocation, world);
    const { id } = only(await matchAlloc(session, invocation.args[0] ?? ''));
    const results = await session.api.call(allocChecks, { params: { id } }, world.signal);
    if (await printed(invocation.flags, world, [allocChecks.reply, results])) return 0;
    if (results.length === 0) {
      world.out('No checks found\n');
      return 0;
    }
    const title = `Status of ${results.length} Nomad Service Checks`;
    const blocks = results.map((result) => keyValues(rowsOf(result)));
    world.out(`${[session.paint.bold(title), ...blocks].join('\n\n')}\n`);
    return 0;
  },
};

type Row = readonly [key: string, value: string];

function rowsOf(result: CheckResult): readonly Row[] {
  const { statusCode } = result;
  return [
    ['ID', result.id],
    ['Name', result.name],
    ['Group', result.group],
    ['Task', result.task === '' ? '(group)' : result.task],
    ['Service', result.service],
    ['Status', result.status],
    ...(statusCode === 0 ? [] : [['StatusCode', String(statusCode)] as const]),
    ['Mode', result.mode],
    ['Timestamp', timestamp(result.at)],
    ['Output', result.output === '' ? '<none>' : result.output.trim()],
  ];
}
