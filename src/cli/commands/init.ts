/** `muster init`: an example job file to start from. */
import { Failure } from '../../base/failure.ts';
import { flag, type Command } from '../command.ts';
import { EXAMPLE_JOB, EXAMPLE_JOB_SHORT } from './example-job.ts';

const DEFAULT_NAME = 'example.nomad.hcl';

export const init: Command = {
  name: 'job init',
  aliases: ['init'],
  summary: 'Write an example job file',
  arguments: ['[filename]'],
  flags: [flag.boolean('short', 'Leave the comments out.')],
  examples: [{ line: 'muster init && muster run example.nomad.hcl', says: 'Try it:' }],
  run: async ({ args, flags }, world) => {
    const name = args[0] ?? DEFAULT_NAME;
    if (await world.files.exists(name))
      throw new Failure('conflict', `Job file '${name}' already exists`);
    await world.files.create(name, flags.has('short') ? EXAMPLE_JOB_SHORT : EXAMPLE_JOB);
    world.out(`Example job file written to ${name}\n`);
    return 0;
  },
};
