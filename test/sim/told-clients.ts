/**
 * What clients are told of what they are to run, whichever server tells them.
 *
 * TC1: the index that a client sees never goes back, within one life of it.
 * TC2: what a machine was told of is not left out of a later list while it exists: what is left out is
 *      stopped and forgotten.
 * TC3: no allocation is told to it as it was before what the machine was told last.
 */
import assert from 'node:assert/strict';
import type { AllocId } from '../../src/core/model/ids.ts';
import type { State } from '../../src/core/state/state.ts';
import type { PullQuery, PullReply, ServerLink } from '../../src/ports/server-link.ts';

export interface ToldDeps {
  /** The state after the last entry that was applied anywhere. */
  readonly newest: () => State | undefined;
  readonly broken: (error: unknown) => void;
}

export class ToldClients {
  /** What each machine has been told of, with the index of the servers' last word on it. */
  readonly #told = new Map<string, Map<AllocId, number>>();

  /** The newest word that a machine was told on what it still runs. */
  newest(host: string): number {
    return Math.max(0, ...(this.#told.get(host)?.values() ?? []));
  }

  /** The servers, as one life of a client asks them, with each answer looked at. */
  watched(host: string, servers: ServerLink, { newest, broken }: ToldDeps): ServerLink {
    let last = 0;
    return {
      registerNode: (node, signal) => servers.registerNode(node, signal),
      heartbeat: (id, secret, signal) => servers.heartbeat(id, secret, signal),
      updateAllocs: (id, secret, updates, signal) =>
        servers.updateAllocs(id, secret, updates, signal),
      pullAllocs: async (query, signal) => {
        const reply = await servers.pullAllocs(query, signal);
        try {
          assert.ok(reply.index >= last, `TC1: ${host} sees ${reply.index} after ${last}`);
          last = reply.index;
          this.#check(host, query, reply, newest());
        } catch (error) {
          broken(error);
        }
        return reply;
      },
    };
  }

  #check(host: string, { nodeId }: PullQuery, reply: PullReply, state: State | undefined): void {
    const told = this.#told.get(host) ?? new Map<AllocId, number>();
    this.#told.set(host, told);
    const { removed, kept = [] } = reply;
    const held = [...told.keys()].filter((id) => removed?.includes(id) === false);
    const listed = new Set(removed === undefined ? kept : held);
    for (const { alloc } of reply.allocs) {
      listed.add(alloc.id);
      const before = told.get(alloc.id) ?? 0;
      const text = `TC3: ${host} is told of ${alloc.id} as of ${alloc.allocModifyIndex}, after ${before}`;
      assert.ok(alloc.allocModifyIndex >= before, text);
      told.set(alloc.id, alloc.allocModifyIndex);
    }
    for (const id of told.keys()) {
      if (listed.has(id)) continue;
      const exists = state?.alloc(id)?.nodeId === nodeId;
      assert.ok(!exists, `TC2: ${host} is not told any more of ${id}, which exists`);
      told.delete(id);
    }
  }
}
