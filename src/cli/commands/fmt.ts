/** `muster fmt`: files in their canonical form. */
import { Failure } from '../../base/failure.ts';
import { flag, type Command, type Invocation } from '../command.ts';
import type { World } from '../world.ts';

const STDIN = '-';

export const fmt: Command = {
  name: 'fmt',
  summary: 'Put job files and configuration into their canonical form',
  description:
    'Rewrites files as "nomad fmt" does: two spaces for each level, the "=" of neighbouring lines below each other. ' +
    'Of a directory, the present one unless given, it takes the files that end in .nomad and .hcl. ' +
    '"-" reads standard input and prints the result.\n \nExits with 0 when all went well, 1 when a file cannot be parsed, or with -check is not in its form.',
  arguments: ['[path...]'],
  flags: [
    flag.boolean('check', 'Change nothing: only say which files are not in their form.'),
    flag.boolean('list', 'Print the names of files that were not; -list=false does not.'),
    flag.boolean('write', 'Overwrite them; -write=false does not.'),
    flag.boolean('recursive', 'Of a directory, also what is in those below.'),
  ],
  examples: [
    { line: 'muster fmt -recursive', says: 'All files here and below:' },
    { line: 'muster fmt -check web.nomad', says: 'Only look, for scripts:' },
  ],
  run: async (invocation, world) => {
    const plan = planOf(invocation);
    let isFine = true;
    for (const path of await filesMeant(invocation, world)) {
      isFine = (await formatFile(path, plan, world)) && isFine;
    }
    return isFine ? 0 : 1;
  },
};

/** What is to be done with each file. */
interface Plan {
  readonly check: boolean;
  readonly list: boolean;
  readonly write: boolean;
}

function planOf({ flags, args }: Invocation): Plan {
  const check = flags.has('check');
  // There is nothing to be listed or overwritten.
  if (args[0] === STDIN) return { check, list: false, write: false };
  return { check, list: !flags.denied('list'), write: !check && !flags.denied('write') };
}

async function filesMeant({ flags, args }: Invocation, world: World): Promise<readonly string[]> {
  if (args.includes(STDIN) && args.length > 1) {
    throw new Failure('invalid', '"-" cannot be combined with other paths');
  }
  if (args[0] === STDIN) return args;
  const found: string[] = [];
  for (const path of args.length === 0 ? ['.'] : args) {
    const listed = await world.files.list(path);
    if (listed !== undefined) {
      const below = flags.has('recursive') ? await world.templates.filesIn(path) : listed;
      found.push(...below.filter(isFormatted));
    } else if (isFormatted(path)) found.push(path);
    else throw new Failure('invalid', `"${path}" ends in neither .nomad nor .hcl`);
  }
  return found;
}

function isFormatted(path: string): boolean {
  return path.endsWith('.nomad') || path.endsWith('.hcl');
}

/** Answers whether the file can be parsed and, where it was only to be checked, is in its form. */
async function formatFile(path: string, plan: Plan, world: World): Promise<boolean> {
  const [{ parseConfig }, { Source }, { hasErrors, renderDiagnostics }, { formatConfig }] =
    await Promise.all([
      import('../../core/hcl/parse.ts'),
      import('../../core/hcl/source.ts'),
      import('../../core/hcl/diagnostic.ts'),
      import('../../core/hcl/format.ts'),
    ]);
  const text = await world.files.read(path);
  const source = new Source(path === STDIN ? 'stdin' : path, text);
  // In a file that cannot be parsed nobody knows what belongs together.
  const { diagnostics } = parseConfig(source);
  if (hasErrors(diagnostics)) {
    world.err(`${renderDiagnostics(diagnostics, new Map([[source.name, source]]))}\n`);
    return false;
  }
  const canonical = formatConfig(source);
  if (!plan.list && !plan.write && !plan.check) world.out(canonical);
  if (canonical === text) return true;
  if (plan.list) world.out(`${path}\n`);
  if (plan.write) {
    const bytes = new TextEncoder().encode(canonical);
    const asItWas = { backup: false, createDirectories: false };
    await world.templates.replace(path, bytes, asItWas);
  }
  return !plan.check;
}
