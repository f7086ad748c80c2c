/** The commands of templates: run when their files have changed. */
import { explain } from '../base/failure.ts';
import type { CommandLine } from '../core/template/runner-template.ts';
import type { World } from './world.ts';

export interface TemplateCommand {
  /** As people know it. */
  readonly name: string;
  readonly command: CommandLine;
  /** 0: it is started and left. */
  readonly timeoutMs: number;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** What one command is known by: equal ones run once for several files. */
export function commandName(command: CommandLine): string {
  const [line] = command;
  return command.length === 1 && line !== undefined ? line : JSON.stringify(command);
}

/** Runs it to its end, or for its time; answers what went wrong. */
export async function runCommand(
  { name, command, timeoutMs, env }: TemplateCommand,
  world: World,
): Promise<string | undefined> {
  try {
    const given = Object.entries(env).filter(([, value]) => value !== undefined);
    const started = await world.templates.start(
      command,
      Object.fromEntries(given) as Record<string, string>,
    );
    if (timeoutMs === 0) return undefined;
    const done = new AbortController();
    const timer = world.sleep(timeoutMs, done.signal).then(() => {
      if (done.signal.aborted) return false;
      started.signal('SIGKILL');
      return true;
    });
    const ended = await started.ended;
    done.abort();
    if (await timer) return `command "${name}" took too long and was killed`;
    if ('signal' in ended) return `command "${name}" was ended by ${ended.signal}`;
    return ended.code === 0 ? undefined : `command "${name}" ended with code ${ended.code}`;
  } catch (error) {
    return explain(error);
  }
}
