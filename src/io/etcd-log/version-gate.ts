/**
 * Lets entries into the log that every server understands.
 *
 * VG1: an entry that needs a later version than the first is appended only after each server that
 *      shares the log has said that its build understands it. One that has said nothing, or is
 *      away, counts: it will read on from where it ended.
 * VG2: what was found so once is not asked again. With such an entry in the log there is no way
 *      back: an older build stops where it comes upon it (EV2 of entry-version.ts).
 */
import { Failure } from '../../base/failure.ts';
import type { CountServers } from '../../ports/cluster-log.ts';
import type { EntryVersions } from '../../ports/log.ts';
import { versionOf } from '../log/versioned-codec.ts';
import type { KeptClaims } from './kept-claims.ts';

export interface VersionGateDeps<Entry> {
  readonly claims: Pick<KeptClaims, 'all'>;
  readonly count: CountServers;
  /** Absent: there is but one. */
  readonly versions: EntryVersions<Entry> | undefined;
}

export class VersionGate<Entry> {
  readonly #deps: VersionGateDeps<Entry>;
  /** Entries up to this version are understood by all. */
  #open = 1;

  constructor(deps: VersionGateDeps<Entry>) {
    this.#deps = deps;
  }

  /**
   * Undefined where the entries may be appended at once; else resolves when they may.
   *
   * Fails: `unsupported` a server does not understand them; `unavailable` it cannot be told.
   */
  ask(entries: readonly Entry[]): Promise<void> | undefined {
    const needed = versionOf(entries, this.#deps.versions);
    return needed <= this.#open ? undefined : this.#admit(needed);
  }

  async #admit(needed: number): Promise<void> {
    const lagging = await this.#lagging(needed);
    if (lagging.length > 0) {
      const whom = `upgrade ${lagging.join(', ')} first`;
      throw new Failure('unsupported', `not every server knows entry version ${needed}: ${whom}`, {
        facts: { needed },
      });
    }
    this.#open = Math.max(this.#open, needed);
  }

  async #lagging(needed: number): Promise<readonly string[]> {
    const { claims, count } = this.#deps;
    try {
      const said = await claims.all();
      const { ids, gone } = await count(said);
      const silent = ids.filter((id) => !said.some((each) => each.id === id));
      const lagging = said.filter(
        ({ id, entryVersion }) => !gone.includes(id) && entryVersion < needed,
      );
      const known = lagging.map(({ name, entryVersion }) => `"${name}" (knows ${entryVersion})`);
      return [...known, ...silent.map((id) => `"${id}" (has not said)`)];
    } catch (cause) {
      if (!(cause instanceof Failure)) throw cause;
      const message = 'cannot tell whether every server understands the entries';
      throw new Failure('unavailable', message, { cause });
    }
  }
}
