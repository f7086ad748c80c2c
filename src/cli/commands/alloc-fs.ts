/** `muster alloc fs`: the files of an allocation. */
import { catFile, listFiles, statFile, streamFile } from '../../api/nomad/client-routes.ts';
import { formatMode, type FileEntry, type Frame } from '../../api/nomad/file-codec.ts';
import { flag, type Command, type Invocation } from '../command.ts';
import { columns } from '../format/columns.ts';
import { bytes as sizeText } from '../format/size.ts';
import { timestamp } from '../format/time.ts';
import { openSession, VERBOSE, withApiFlags, type Session } from '../session.ts';
import { ANY_OF_JOB, meantAlloc } from './alloc-task.ts';
import { showTail, TAIL_FLAGS, tailOf, type Around } from './tail.ts';

export const allocFs: Command = {
  name: 'alloc fs',
  aliases: ['fs'],
  summary: 'Look at the files of an allocation',
  description:
    'Lists a directory or prints a file. Paths are relative to the directory of the allocation: "alloc/" is shared by its tasks, "TASK/local" belongs to one.',
  arguments: ['<allocation>', '[path]'],
  flags: withApiFlags(
    flag.boolean('H', 'Print sizes in bytes, for programs.'),
    flag.boolean('stat', 'Print what kind of file it is instead of its content.'),
    flag.boolean('f', 'Go on as the file grows.'),
    ...TAIL_FLAGS,
    ANY_OF_JOB,
    VERBOSE,
  ),
  examples: [
    { line: 'muster alloc fs 219074bd', says: 'What is there:' },
    { line: 'muster alloc fs 219074bd server/local/config.json', says: 'One file:' },
    { line: 'muster alloc fs -f -tail 219074bd alloc/data/app.log', says: 'A file as it grows:' },
  ],
  run: async (invocation, world) => {
    const { args, flags } = invocation;
    const session = openSession(invocation, world);
    const whole = await meantAlloc(session, invocation);
    const { id } = whole.alloc;
    const at = { params: { id }, query: { path: args[1] ?? '/' } };
    const file = await session.api.call(statFile, at, world.signal);
    if (flags.has('stat')) world.out(`${listing([file], true, flags.has('H'))}\n`);
    else if (file.directory) {
      const files = await session.api.call(listFiles, at, world.signal);
      world.out(`${listing(files, false, flags.has('H'))}\n`);
    } else await print(at, invocation, session);
    return 0;
  },
};

type At = Readonly<{ params: { id: string }; query: { path: string } }>;

async function print(at: At, { flags }: Invocation, { api, world }: Session): Promise<void> {
  const tail = tailOf(flags);
  const follow = flags.has('f');
  if (tail === undefined && !follow) {
    for await (const bytes of await api.bytes(catFile, at, world.signal)) {
      await world.outBytes(bytes);
    }
    return;
  }
  const read = ({ offset, origin, follow }: Around): AsyncIterable<Frame> => {
    const query = { ...at.query, offset, origin, follow };
    return api.lines(streamFile, { params: at.params, query }, world.signal);
  };
  await showTail(read, tail, follow, (bytes) => world.outBytes(bytes));
}

function listing(files: readonly FileEntry[], typed: boolean, exact: boolean): string {
  const sorted = [...files].sort((a, b) => (a.name < b.name ? -1 : 1));
  return columns([
    ['Mode', 'Size', 'Modified Time', ...(typed ? ['Content Type'] : []), 'Name'],
    ...sorted.map((file) => [
      `${file.directory ? 'd' : '-'}${formatMode(file.mode)}`,
      exact ? String(file.size) : sizeText(file.size),
      timestamp(file.modifiedAt),
      ...(typed ? [file.contentType] : []),
      file.directory ? `${file.name}/` : file.name,
    ]),
  ]);
}
