/** `muster simulate`: what would happen if, by the real scheduler on a copy of the state. */
import { simulate as route, type SimulateBody } from '../../api/nomad/planning-routes.ts';
import { Failure } from '../../base/failure.ts';
import type { JobId, NodeId } from '../../core/model/ids.ts';
import type { InventedNodes } from '../../core/what-if/invent.ts';
import { flag, FlagValues, type Command, type Invocation } from '../command.ts';
import { printed } from '../format/json.ts';
import { matchJob, matchNode, only } from '../matching.ts';
import { DATA_FLAGS, openSession, VERBOSE, withApiFlags, type Session } from '../session.ts';
import { forecastView } from '../views/forecast.ts';
import { JOB_FILE_FLAGS, loadJob } from './job-file.ts';
import { keyValuePairs } from './job-dispatch.ts';

export const simulate: Command = {
  name: 'simulate',
  summary: 'Say what would happen if nodes, jobs or counts were others',
  description:
    'Tries changes on a copy of the state: the real scheduler decides, tasks are taken to run well at once, and nothing of it comes to pass. Says how full the nodes would be, and what would find no room and why.\n \nExits with 0 when all would fit, with 2 when not.',
  arguments: [],
  flags: withApiFlags(
    flag.number('add-nodes', '<count>', 'So many nodes more.'),
    flag.string('like', '<node>', 'The new nodes are like this one; else they are plain ones.'),
    flag.number('cpu', '<MHz>', 'Of a new node.'),
    flag.number('memory', '<MB>', 'Of a new node.'),
    flag.number('disk', '<MB>', 'Of a new node.'),
    flag.string('datacenter', '<name>', 'Of the new nodes.'),
    flag.string('node-class', '<class>', 'Of the new nodes.'),
    flag.string('node-pool', '<pool>', 'Of the new nodes.'),
    flag.list('node-meta', '<key=value>', 'Of the new nodes.'),
    flag.list('drain', '<node>', 'This node is drained.'),
    flag.list('remove', '<node>', 'This node is lost.'),
    flag.list('scale', '<job[/group]=count>', 'This group has another count.'),
    flag.list('stop', '<job>', 'This job is stopped.'),
    flag.list('run', '<path>', 'This job file is run.'),
    flag.boolean('empty', 'Begin with no nodes and no jobs: only what is described here.'),
    ...JOB_FILE_FLAGS.filter(({ name }) => name !== 'json'),
    ...DATA_FLAGS,
    VERBOSE,
  ),
  examples: [
    { line: 'muster simulate -drain 3f66aa12', says: 'Would the others hold its work:' },
    { line: 'muster simulate -scale web=20 -add-nodes 2 -like 3f66aa12', says: 'Twice as many:' },
    {
      line: 'muster simulate -empty -add-nodes 3 -cpu 4000 -memory 8192 -run web.nomad',
      says: 'How large a cluster a job needs:',
    },
  ],
  run: async (invocation, world) => {
    const session = openSession(invocation, world);
    const body = await bodyOf(invocation, session);
    const forecast = await session.api.call(route, { body }, world.signal);
    if (!(await printed(invocation.flags, world, [route.reply, forecast]))) {
      world.out(`${forecastView(forecast, session)}\n`);
    }
    return forecast.groups.some(({ missing }) => missing > 0) ? NOT_PLACED : 0;
  },
};

/** As `run` exits where not everything can be placed. */
const NOT_PLACED = 2;

async function bodyOf(invocation: Invocation, session: Session): Promise<SimulateBody> {
  const { flags } = invocation;
  const { world } = session;
  const nodes = (name: string): Promise<readonly NodeId[]> =>
    Promise.all(flags.list(name).map((typed) => nodeMeant(typed, session)));
  // The flag that says how answers are printed does not say what files hold.
  const plain = { args: [], flags: fileFlags(flags) };
  const jobs = await Promise.all(flags.list('run').map((path) => loadJob(path, plain, world)));
  const own = new Set(jobs.map(({ id }) => id as string));
  const jobMeant = async (typed: string): Promise<JobId> =>
    own.has(typed) ? (typed as JobId) : only(await matchJob(session, typed)).id;
  return {
    empty: flags.has('empty'),
    addNodes: await invented(invocation, session),
    drainNodes: await nodes('drain'),
    removeNodes: await nodes('remove'),
    jobs,
    scale: await Promise.all(
      flags.list('scale').map(async (typed) => {
        const { job, ...wish } = scaleOf(typed);
        return { jobId: await jobMeant(job), ...wish };
      }),
    ),
    stopJobs: await Promise.all(flags.list('stop').map(jobMeant)),
  };
}

/** Only the flags that say how job files are read. */
function fileFlags(flags: FlagValues): FlagValues {
  return new FlagValues(new Map(['var', 'var-file'].map((name) => [name, flags.list(name)])));
}

async function invented(
  invocation: Invocation,
  session: Session,
): Promise<readonly InventedNodes[]> {
  const { flags } = invocation;
  const count = flags.number('add-nodes');
  if (count === undefined) return [];
  const like = flags.text('like');
  const kind = {
    like: like === undefined ? undefined : await nodeMeant(like, session),
    cpu: flags.number('cpu'),
    memoryMb: flags.number('memory'),
    diskMb: flags.number('disk'),
    datacenter: flags.text('datacenter'),
    nodeClass: flags.text('node-class'),
    nodePool: flags.text('node-pool'),
    meta: flags.list('node-meta').length === 0 ? undefined : keyValuePairs('node-meta', invocation),
  };
  const said = Object.entries(kind).filter(([, value]) => value !== undefined);
  return [{ count, ...(Object.fromEntries(said) as Omit<InventedNodes, 'count'>) }];
}

async function nodeMeant(typed: string, session: Session): Promise<NodeId> {
  return only(await matchNode(session, typed)).id;
}

/** `web=5` or `web/api=5`; ids of jobs may hold slashes themselves: the last one counts. */
function scaleOf(typed: string): { job: string; group?: string; count: number } {
  const [, name, count] = /^(.+)=(\d{1,6})$/.exec(typed) ?? [];
  if (name === undefined) {
    throw new Failure('invalid', `-scale must be job=count or job/group=count, got "${typed}"`);
  }
  const slash = name.lastIndexOf('/');
  if (slash <= 0) return { job: name, count: Number(count) };
  return { job: name.slice(0, slash), group: name.slice(slash + 1), count: Number(count) };
}
