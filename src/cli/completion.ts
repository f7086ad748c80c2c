/**
 * `muster completion SHELL`: scripts for bash, zsh and fish, made from the table of commands, so
 * that they never know less than the program.
 */
import { Failure } from '../base/failure.ts';
import type { Command } from './command.ts';

type Shell = 'bash' | 'zsh' | 'fish';

/** What may follow each beginning of a command line: sub-commands, then flags. */
interface Word {
  readonly path: string;
  readonly next: readonly string[];
}

/** Makes the command out of all the others. */
export function completionCommand(commands: () => readonly Command[]): Command {
  return {
    name: 'completion',
    summary: 'Print a completion script for a shell',
    arguments: ['<shell>'],
    flags: [],
    examples: [
      {
        line: 'muster completion bash > /etc/bash_completion.d/muster',
        says: 'Complete commands and flags in bash:',
      },
      { line: 'muster completion fish | source', says: 'Try it in this fish shell:' },
    ],
    run: ({ args }, world) => {
      const shell = args[0] ?? '';
      if (!isShell(shell)) {
        throw new Failure('invalid', `unknown shell "${shell}": bash, zsh or fish`);
      }
      world.out(SCRIPTS[shell](words(commands())));
      return Promise.resolve(0);
    },
  };
}

function isShell(name: string): name is Shell {
  return name === 'bash' || name === 'zsh' || name === 'fish';
}

function words(commands: readonly Command[]): Word[] {
  const next = new Map<string, Set<string>>();
  const add = (path: string, word: string): void => {
    const set = next.get(path) ?? new Set();
    next.set(path, set.add(word));
  };
  for (const command of commands) {
    if (command.hidden === true) continue;
    for (const name of [command.name, ...(command.aliases ?? [])]) {
      const parts = name.split(' ');
      parts.forEach((part, i) => {
        add(parts.slice(0, i).join(' '), part);
      });
      for (const flag of command.flags) add(name, `-${flag.name}`);
    }
  }
  return [...next]
    .map(([path, set]) => ({ path, next: [...set].sort() }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

function cases(all: readonly Word[]): string {
  return all.map((w) => `    "${w.path}") next="${w.next.join(' ')}" ;;`).join('\n');
}

const SCRIPTS: Readonly<Record<Shell, (all: readonly Word[]) => string>> = {
  bash: (all) => `_muster() {
  local current="\${COMP_WORDS[COMP_CWORD]}" at="" next="" i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "\${COMP_WORDS[i]}" in -*) ;; *) at="\${at:+$at }\${COMP_WORDS[i]}" ;; esac
  done
  case "$at" in
${cases(all)}
  esac
  COMPREPLY=($(compgen -W "$next" -- "$current"))
  [ \${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- "$current"))
}
complete -o filenames -F _muster muster
`,
  // `words` and `path` are zsh's own variables: neither may be declared here.
  zsh: (all) => `#compdef muster
_muster() {
  local at="" next="" typed
  for typed in "\${(@)words[2,CURRENT-1]}"; do
    case "$typed" in -*) ;; *) at="\${at:+$at }$typed" ;; esac
  done
  case "$at" in
${cases(all)}
  esac
  compadd -- \${=next}
  _files
}
compdef _muster muster
`,
  fish: (all) =>
    FISH_AT +
    all
      .map(({ path, next }) => `complete -c muster -n '__muster_at ${path}' -a '${next.join(' ')}'`)
      .join('\n') +
    '\n',
};

const FISH_AT = `function __muster_at
  set -l typed (string match -v -- '-*' (commandline -opc))
  test "$typed[2..-1]" = "$argv"
end
`;
