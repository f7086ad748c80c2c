/** `muster job dispatch`: an instance of a parameterized job, with its input. */
import type { Dispatched } from '../../api/nomad/job-replies.ts';
import { dispatchJob } from '../../api/nomad/job-routes.ts';
import { toBase64 } from '../../base/base64.ts';
import { Failure } from '../../base/failure.ts';
import { flag, type Command, type Invocation } from '../command.ts';
import { keyValues } from '../format/columns.ts';
import { monitorBatch } from '../monitor/batch.ts';
import { monitorEvaluation } from '../monitor/evaluation.ts';
import { DETACH, VERBOSE, WAIT, withApiFlags, type Session } from '../session.ts';
import { theJob } from './job-changes.ts';

export const jobDispatch: Command = {
  name: 'job dispatch',
  summary: 'Run an instance of a parameterized job',
  description:
    'The second argument is a file whose content the instance gets as its payload; "-" reads standard input.',
  arguments: ['<job>', '[input-file]'],
  flags: withApiFlags(
    flag.list('meta', '<key=value>', "A value that the job's tasks find in their environment."),
    flag.string('id-prefix-template', '<text>', "Part of the instance's id: JOB/dispatch-TEXT-..."),
    flag.string(
      'idempotency-token',
      '<token>',
      'A second dispatch with the same token answers the first instance.',
    ),
    DETACH,
    WAIT,
    VERBOSE,
  ),
  examples: [
    {
      line: 'muster job dispatch -meta size=large resize picture.json',
      says: 'With a value and a payload:',
    },
  ],
  run: async (invocation, world) => {
    const { args, flags } = invocation;
    const file = args[1];
    const bytes = file === undefined ? new Uint8Array() : await world.files.readBytes(file);
    const { session, id } = await theJob(invocation, world);
    const answer = await session.api.call(dispatchJob, {
      params: { id },
      query: { idempotencyToken: flags.text('idempotency-token') },
      body: {
        payload: toBase64(bytes),
        meta: keyValuePairs('meta', invocation),
        idPrefix: flags.text('id-prefix-template') ?? '',
      },
    });
    const { childId, evalId } = answer;
    world.out(`${told(answer, invocation, session)}\n`);
    if (flags.has('wait')) {
      if (evalId !== undefined) await monitorEvaluation(evalId, session);
      return monitorBatch(childId, session);
    }
    if (evalId === undefined || flags.has('detach')) return 0;
    world.out('\n');
    return monitorEvaluation(evalId, session);
  },
};

function told({ childId, evalId }: Dispatched, { flags }: Invocation, session: Session): string {
  const token = flags.text('idempotency-token');
  if (evalId === undefined && token !== undefined) {
    return `Job "${childId}" already dispatched with idempotency token "${token}".`;
  }
  const rows: [string, string][] = [['Dispatched Job ID', childId]];
  if (evalId !== undefined) rows.push(['Evaluation ID', session.ids(evalId)]);
  return keyValues(rows);
}

/** The values of a flag that is written `key=value`, several times. */
export function keyValuePairs(
  name: string,
  { flags }: Invocation,
): Readonly<Record<string, string>> {
  const pairs = flags.list(name).map((pair): [string, string] => {
    const equals = pair.indexOf('=');
    if (equals > 0) return [pair.slice(0, equals), pair.slice(equals + 1)];
    throw new Failure('invalid', `-${name} must be key=value, got "${pair}"`);
  });
  return Object.fromEntries(pairs);
}
