/** `muster job tag ...`: names for versions of a job. */
import { tagVersion, untagVersion } from '../../api/nomad/job-routes.ts';
import { Failure } from '../../base/failure.ts';
import { flag, type Command } from '../command.ts';
import { withApiFlags } from '../session.ts';
import { theJob } from './job-changes.ts';

const NAME = flag.string('name', '<name>', 'The name.');

export const jobTagApply: Command = {
  name: 'job tag apply',
  summary: 'Name a version of a job, which keeps it',
  description:
    'A version with a name is kept however many follow it. "muster job revert" takes the name in place of the number.',
  arguments: ['<job>'],
  flags: withApiFlags(
    NAME,
    flag.number('version', '<version>', 'The version; the newest unless given.'),
    flag.string('description', '<text>', 'Why it has this name.'),
  ),
  examples: [
    { line: 'muster job tag apply -name golden -version 3 web', says: 'Keep what worked:' },
  ],
  run: async (invocation, world) => {
    const { flags } = invocation;
    const { session, id } = await theJob(invocation, world);
    const tag = nameOf(flags.text('name'));
    const version = flags.number('version');
    const description = flags.text('description') ?? '';
    const body = { description, ...(version === undefined ? {} : { version }) };
    await session.api.call(tagVersion, { params: { id, tag }, body }, world.signal);
    const which = version === undefined ? 'The newest version' : `Version ${version}`;
    world.out(`${which} of job "${id}" is tagged "${tag}"\n`);
    return 0;
  },
};

export const jobTagUnset: Command = {
  name: 'job tag unset',
  summary: 'Take the name of a version away',
  arguments: ['<job>'],
  flags: withApiFlags(NAME),
  examples: [{ line: 'muster job tag unset -name golden web', says: 'It may go with time:' }],
  run: async (invocation, world) => {
    const { session, id } = await theJob(invocation, world);
    const tag = nameOf(invocation.flags.text('name'));
    await session.api.call(untagVersion, { params: { id, tag } }, world.signal);
    world.out(`No version of job "${id}" is tagged "${tag}" any more\n`);
    return 0;
  },
};

function nameOf(typed: string | undefined): string {
  if (typed !== undefined && typed !== '') return typed;
  throw new Failure('invalid', 'the name of the tag is missing: -name');
}
