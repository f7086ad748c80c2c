/** What `template` says of its work, on standard error. */
import type { World } from './world.ts';

export const LEVELS = ['trace', 'debug', 'info', 'warn', 'err'] as const;
export type Level = (typeof LEVELS)[number];

export function isLevel(text: string): text is Level {
  return (LEVELS as readonly string[]).includes(text);
}

/** Says what is at least as serious as the level. */
export class TemplateLog {
  readonly #world: Pick<World, 'err' | 'now'>;
  readonly #least: number;

  constructor(world: Pick<World, 'err' | 'now'>, level: Level) {
    this.#world = world;
    this.#least = LEVELS.indexOf(level);
  }

  say(level: Level, message: string): void {
    if (LEVELS.indexOf(level) < this.#least) return;
    const at = new Date(this.#world.now()).toISOString();
    this.#world.err(`${at} [${level.toUpperCase()}] ${message}\n`);
  }
}
