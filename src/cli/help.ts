/** The help of the program and of each command, from the commands' own values. */
import { columns } from './format/columns.ts';
import { isGeneralFlag, type Command, type Flag } from './command.ts';

const WIDTH = 80;

/** The list of commands. */
export function programHelp(commands: readonly Command[]): string {
  return list(
    '',
    commands.filter(isShown).map((c) => [shortest(c), c.summary]),
  );
}

/** The commands whose names begin with a word: `muster job`. */
export function groupHelp(group: string, commands: readonly Command[]): string {
  const within = commands.filter((c) => isShown(c) && c.name.startsWith(`${group} `));
  return list(
    `${group} `,
    within.map((c) => [c.name, c.summary]),
  );
}

function isShown(command: Command): boolean {
  return command.hidden !== true;
}

function list(group: string, rows: readonly (readonly [name: string, says: string])[]): string {
  const shown = [...rows].sort(([a], [b]) => (a < b ? -1 : 1));
  return [
    `Usage: muster ${group}[-h] <command> [<args>]`,
    '',
    'Commands:',
    indent(columns(shown), 4),
    '',
    "Run 'muster <command> -h' for the flags and examples of a command.",
    '',
  ].join('\n');
}

/** One command: usage, what it does, flags, examples. */
export function commandHelp(command: Command): string {
  const usage = ['Usage: muster', command.name, command.flags.length > 0 ? '[flags]' : '']
    .concat(command.arguments ?? [])
    .filter((word) => word !== '')
    .join(' ');
  const general = command.flags.filter(isGeneralFlag);
  const own = command.flags.filter((one) => !isGeneralFlag(one));
  const also = (command.aliases ?? []).map((alias) => `muster ${alias}`).join(', ');
  return [
    usage,
    ...(also === '' ? [] : [`Also:  ${also}`]),
    '',
    ...wrap(command.description ?? `${command.summary}.`, 2),
    ...flagsHelp('Flags:', own),
    ...flagsHelp('General flags:', general),
    ...(command.examples.length === 0 ? [] : ['', 'Examples:']),
    ...command.examples.flatMap(({ line, says }) => ['', `  ${says}`, `    $ ${line}`]),
    '',
  ].join('\n');
}

function flagsHelp(title: string, flags: readonly Flag[]): string[] {
  return flags.length === 0 ? [] : ['', title, ...flags.flatMap(flagHelp)];
}

function flagHelp(flag: Flag): string[] {
  const value = flag.kind === 'boolean' ? '' : ` ${flag.placeholder ?? '<value>'}`;
  const repeat = flag.kind === 'list' ? ' May be given several times.' : '';
  return ['', `  -${flag.name}${value}`, ...wrap(flag.help + repeat, 6)];
}

/** The name people type: the shortest spelling without a dash. */
function shortest(command: Command): string {
  return [command.name, ...(command.aliases ?? [])]
    .filter((name) => !name.includes('-'))
    .reduce((a, b) => (b.length < a.length ? b : a), command.name);
}

function wrap(text: string, by: number): string[] {
  const lines: string[] = [];
  for (const paragraph of text.split('\n')) {
    let line = '';
    for (const word of paragraph.split(' ')) {
      if (line !== '' && line.length + 1 + word.length > WIDTH - by) {
        lines.push(line);
        line = word;
      } else {
        line = line === '' ? word : `${line} ${word}`;
      }
    }
    lines.push(line);
  }
  return lines.map((line) => (line === '' ? '' : ' '.repeat(by) + line));
}

function indent(text: string, by: number): string {
  return text
    .split('\n')
    .map((line) => ' '.repeat(by) + line)
    .join('\n');
}
