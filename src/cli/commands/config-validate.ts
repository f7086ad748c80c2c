/** `muster config validate`: whether an agent could run with its configuration. */
import { Failure } from '../../base/failure.ts';
import { flag, type Command, type FlagValues } from '../command.ts';
import type { World } from '../world.ts';

/** For commands that call `validateConfig`. */
export const QUIET = flag.boolean('quiet', 'Say nothing where all is right.');

export const configValidate: Command = {
  name: 'config validate',
  summary: 'Say whether configuration files are right',
  description:
    'Reads files and directories as "muster agent -config" does, later ones over earlier ones, and judges what comes of them all. No agent is asked.',
  arguments: ['<path...>'],
  flags: [QUIET],
  examples: [
    { line: 'muster config validate /etc/muster.d', says: 'Before an agent is told to reload:' },
  ],
  run: ({ args, flags }, world) => validateConfig(args, flags, world),
};

/** Judges the configuration of these files and directories; answers the exit code. */
export async function validateConfig(
  paths: readonly string[],
  flags: FlagValues,
  world: World,
): Promise<number> {
  const [{ configFilesAmong, configFrom }, { Source }] = await Promise.all([
    import('../../core/agent-config/from-sources.ts'),
    import('../../core/hcl/source.ts'),
  ]);
  const files: string[] = [];
  for (const path of paths) {
    const listed = await world.files.list(path);
    const found = listed === undefined ? [path] : configFilesAmong(listed);
    if (found.length === 0) {
      throw new Failure('not_found', `"${path}" holds no files that end in .hcl or .json`);
    }
    files.push(...found);
  }
  const sources = await Promise.all(
    files.map(async (file) => new Source(file, await world.files.read(file))),
  );
  const answer = configFrom(sources, { dev: false, devDir: '', settings: {} });
  if ('mistakes' in answer) {
    world.err(`Configuration validation failed:\n${answer.mistakes}\n`);
    return 1;
  }
  if (!flags.has('quiet')) world.out('Configuration is valid!\n');
  return 0;
}
