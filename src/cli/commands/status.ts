/** `muster status`: whatever an id, or its beginning, belongs to. */
import { search } from '../../api/nomad/cluster-routes.ts';
import { Failure } from '../../base/failure.ts';
import { flag, type Command, type Invocation } from '../command.ts';
import { DATA_FLAGS, openSession, VERBOSE, withApiFlags, type Session } from '../session.ts';
import type { World } from '../world.ts';
import { allocStatus } from './alloc-status.ts';
import { deploymentStatus } from './deployments.ts';
import { evalStatus } from './evaluations.ts';
import { showJobs } from './job-status.ts';
import { nodeStatus } from './node-status.ts';

type Show = (invocation: Invocation, world: World) => Promise<number>;

/** What the search calls it, what people call it, and how it is shown. */
const KINDS: readonly { readonly context: string; readonly title: string; readonly show: Show }[] =
  [
    { context: 'jobs', title: 'Jobs', show: showJobs },
    { context: 'allocs', title: 'Allocations', show: allocStatus.run },
    { context: 'nodes', title: 'Nodes', show: nodeStatus.run },
    { context: 'evals', title: 'Evaluations', show: evalStatus.run },
    { context: 'deployment', title: 'Deployments', show: deploymentStatus.run },
  ];

export const status: Command = {
  name: 'status',
  summary: 'Show jobs, or whatever an id belongs to',
  description:
    'Without an argument it lists the jobs. With an id, or its beginning, it shows the job, allocation, node, evaluation or deployment that has it.',
  arguments: ['[identifier]'],
  flags: withApiFlags(
    flag.boolean('short', 'Print less.'),
    flag.boolean('evals', 'Of a job: print its evaluations.'),
    flag.boolean('stats', 'Of an allocation: print what it uses.'),
    flag.boolean('all-allocs', 'Of a job: print also the allocations of a purged one.'),
    ...DATA_FLAGS,
    VERBOSE,
  ),
  examples: [
    { line: 'muster status', says: 'List the jobs:' },
    { line: 'muster status 219074bd', says: 'Show what has that id:' },
  ],
  run: async (invocation, world) => {
    const typed = invocation.args[0];
    if (typed === undefined) return showJobs(invocation, world);
    const session = openSession(invocation, world);
    const found = await session.api.call(
      search,
      { body: { prefix: typed, context: 'all' } },
      world.signal,
    );
    const matching = KINDS.filter(({ context }) => (found.matches[context] ?? []).length > 0);
    const exact = matching.find(({ context }) => found.matches[context]?.includes(typed));
    const [first, second] = matching;
    if (first === undefined) {
      throw new Failure('not_found', `No matches found for id "${typed}"`);
    }
    if (exact !== undefined || second === undefined) {
      return (exact ?? first).show(invocation, world);
    }
    world.err(`${several(typed, found.matches, session)}\n`);
    return 1;
  },
};

function several(
  typed: string,
  matches: Readonly<Record<string, readonly string[]>>,
  { ids }: Session,
): string {
  const blocks = KINDS.flatMap(({ context, title }) => {
    const found = matches[context] ?? [];
    if (found.length === 0) return [];
    return [`${title}:\n${(context === 'jobs' ? found : found.map(ids)).join(', ')}`];
  });
  return `Multiple matches found for id "${typed}"\n\n${blocks.join('\n\n')}`;
}
