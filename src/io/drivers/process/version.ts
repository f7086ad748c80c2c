/** What a program says of its version, asked once for each file: fingerprints are taken often. */
import { execFile } from 'node:child_process';
import { statSync } from 'node:fs';
import { promisify } from 'node:util';

const run = promisify(execFile);
const MS_MAX = 10_000;

export class Versions {
  readonly #known = new Map<string, string>();

  /** All it prints, standard error included; undefined when it cannot be run. */
  async ask(path: string, args: readonly string[]): Promise<string | undefined> {
    try {
      const key = `${path} ${statSync(path).mtimeMs}`;
      const known = this.#known.get(key);
      if (known !== undefined) return known;
      const { stdout, stderr } = await run(path, [...args], { timeout: MS_MAX });
      this.#known.set(key, stdout + stderr);
      return stdout + stderr;
    } catch {
      return undefined;
    }
  }
}
