/** `muster why JOB`: where its allocations went, where they did not, and for what reasons. */
import type { Api } from '../../api/api.ts';
import { readAlloc } from '../../api/nomad/alloc-routes.ts';
import { jobAllocs, jobEvals, readJob } from '../../api/nomad/job-routes.ts';
import { Failure } from '../../base/failure.ts';
import { isTerminal } from '../../core/model/alloc.ts';
import type { Job } from '../../core/model/job.ts';
import { flag, type Command } from '../command.ts';
import { VERBOSE, withApiFlags } from '../session.ts';
import { placementStory, type Story } from '../views/why.ts';
import { theJob } from './job-changes.ts';

/** Placed instances told of each group; they mostly have the same reasons. */
const TOLD_OF_EACH = 3;

export const why: Command = {
  name: 'why',
  summary: 'Say why a job runs where it runs, or does not',
  description:
    'For each group: what could not be placed and what stood in the way, and for what runs, how the chosen node compared with the others.',
  arguments: ['<job>'],
  flags: withApiFlags(
    flag.string('group', '<name>', 'Only this group.'),
    flag.boolean('all', `Tell every allocation, not only ${TOLD_OF_EACH} of each group.`),
    VERBOSE,
  ),
  examples: [{ line: 'muster why web', says: 'What keeps it from running:' }],
  run: async (invocation, world) => {
    const { flags } = invocation;
    const { session, id } = await theJob(invocation, world);
    const { api } = session;
    const params = { id };
    const [job, evaluations, stubs] = await Promise.all([
      api.call(readJob, { params }, world.signal),
      api.call(jobEvals, { params }, world.signal),
      api.call(jobAllocs, { params }, world.signal),
    ]);
    const newest = [...stubs].sort((a, b) => b.createIndex - a.createIndex);
    const live = newest.filter((stub) => !isTerminal(stub));
    const stories: Story[] = [];
    for (const group of groupsOf(job, flags.text('group'))) {
      const of = live.filter((stub) => stub.group === group.name);
      const told = flags.has('all') ? of : of.slice(0, TOLD_OF_EACH);
      const broke = newest.find((s) => s.group === group.name && s.clientStatus === 'failed');
      const isShort = of.length < group.count && broke !== undefined;
      const [broken] = isShort ? await whole([broke], api, world.signal) : [];
      stories.push({
        group,
        placed: of.length,
        allocs: await whole(told, api, world.signal),
        broken,
        failed: evaluations.find((e) => e.failedGroups[group.name] !== undefined),
        waiting: evaluations.find((e) => e.status === 'blocked'),
      });
    }
    world.out(`${placementStory(job, stories, session)}\n`);
    return 0;
  },
};

function groupsOf({ groups }: Job, wanted: string | undefined): Job['groups'] {
  if (wanted === undefined) return groups;
  const found = groups.filter(({ name }) => name === wanted);
  if (found.length > 0) return found;
  const names = groups.map(({ name }) => `"${name}"`).join(', ');
  throw new Failure('not_found', `the job has no group "${wanted}", but ${names}`);
}

async function whole(
  stubs: readonly { readonly id: string }[],
  api: Api,
  signal: AbortSignal,
): Promise<Story['allocs']> {
  const read = stubs.map(({ id }) => api.call(readAlloc, { params: { id } }, signal));
  return (await Promise.all(read)).map(({ alloc }) => alloc);
}
