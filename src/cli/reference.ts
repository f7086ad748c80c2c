/** The reference of all commands as one Markdown page, from the commands' own values. */
import { API_FLAGS, DISCOVERY_FLAGS, isGeneralFlag, type Command, type Flag } from './command.ts';

/** @param notes what only a person can say, put at the head */
export function commandReference(commands: readonly Command[], notes: string): string {
  const shown = commands
    .filter((command) => command.hidden !== true)
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const rows = shown.map(
    (command) => `| [\`${command.name}\`](#${anchor(command)}) | ${cell(command.summary)} |`,
  );
  return [
    '# Commands',
    '',
    '<!-- Made by `node --import tsx scripts/reference.ts` from the table of commands. -->',
    '',
    notes.trim(),
    '',
    '| command | what it does |',
    '|---|---|',
    ...rows,
    '',
    '## Flags of every command that asks an agent for jobs',
    '',
    ...flagTable(API_FLAGS),
    '',
    '## Flags of every command that asks an agent for discovery',
    '',
    ...flagTable(DISCOVERY_FLAGS),
    '',
    ...shown.flatMap(section),
  ]
    .join('\n')
    .trimEnd()
    .concat('\n');
}

function section(command: Command): string[] {
  const own = command.flags.filter((flag) => !isGeneralFlag(flag));
  const asksAgent = own.length < command.flags.length;
  const words = ['muster', command.name, ...(command.flags.length > 0 ? ['[flags]'] : [])];
  const aliases = (command.aliases ?? []).map((alias) => `\`muster ${alias}\``).join(', ');
  const description = command.description ?? `${command.summary}.`;
  return [
    `## ${command.name}`,
    '',
    '```',
    [...words, ...(command.arguments ?? [])].join(' '),
    '```',
    '',
    ...description
      .split('\n')
      .map((line) => line.trim())
      .filter((line, i, all) => line !== '' || all[i - 1] !== ''),
    '',
    ...(aliases === '' ? [] : [`Also ${aliases}.`, '']),
    ...(own.length === 0 ? [] : [...flagTable(own), '']),
    ...(asksAgent ? [] : ['It asks no agent.', '']),
    ...command.examples.flatMap(({ line, says }) => [says, '', '```', `$ ${line}`, '```', '']),
  ];
}

function flagTable(flags: readonly Flag[]): string[] {
  return [
    '| flag | |',
    '|---|---|',
    ...flags.map((flag) => {
      const value = flag.kind === 'boolean' ? '' : ` ${flag.placeholder ?? '<value>'}`;
      const repeat = flag.kind === 'list' ? ' May be given several times.' : '';
      return `| \`-${flag.name}${value}\` | ${cell(flag.help + repeat)} |`;
    }),
  ];
}

function anchor(command: Command): string {
  return command.name.replaceAll(' ', '-');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;');
}
