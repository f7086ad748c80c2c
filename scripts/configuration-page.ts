/** The reference of the agent's configuration as one Markdown page, from the table it is read by. */
import type { Setting, Settings } from '../src/core/agent-config/setting.ts';

const KINDS: Readonly<Record<Setting['kind'], string>> = {
  text: 'text',
  flag: 'true or false',
  count: 'whole number',
  texts: 'list of texts',
  duration: 'duration',
  size: 'size',
  record: 'names and texts',
  block: 'block',
  named: 'block with a name, any number',
  free: 'block, kept as written',
  blocks: 'block, any number, kept as written',
};

/** @param notes what only a person can say, put at the head */
export function configurationPage(settings: Settings, notes: string): string {
  return [
    '# Configuration of the agent',
    '',
    '<!-- Made by `node --import tsx scripts/reference.ts` from the table of settings. -->',
    '',
    notes.trim(),
    '',
    '## At the top',
    '',
    ...section('', settings),
  ]
    .join('\n')
    .trimEnd()
    .concat('\n');
}

/** A table of a block's settings, then a section for each block in it. */
function section(path: string, settings: Settings): string[] {
  const rows = Object.entries(settings).map(
    ([name, { kind, note }]) => `| \`${name}\` | ${KINDS[kind]} | ${note.replaceAll('|', '\\|')} |`,
  );
  const inner = Object.entries(settings).flatMap(([name, setting]) => {
    if (setting.kind !== 'block' && setting.kind !== 'named') return [];
    const inside = path === '' ? name : `${path} > ${name}`;
    return [`## ${inside}`, '', ...section(inside, setting.settings)];
  });
  return ['| setting | kind | |', '|---|---|---|', ...rows, '', ...inner];
}
