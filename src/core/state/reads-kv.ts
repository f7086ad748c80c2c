/** What doors read of keys, sessions and user events; see `reads.ts`. */
import type { KvPair } from '../model/kv.ts';
import type { Session, SessionId } from '../model/session.ts';
import type { UserEvent } from '../model/user-event.ts';
import type { Read } from './reads.ts';
import { watch } from './watch.ts';

export function readKvPair(key: string): Read<KvPair | undefined> {
  return (state) => ({ value: state.kvPair(key), keys: [watch.kvPair(key)] });
}

/** Everything whose key begins so, in the order of keys. */
export function readKvTree(prefix: string): Read<readonly KvPair[]> {
  return (state) => ({ value: [...state.kvPairs(prefix)], keys: [watch.kvPrefix(prefix)] });
}

/**
 * The keys that begin so, in their order. With a separator, what follows the next one behind the
 * prefix is cut off, and of equal ones in succession one is left.
 */
export function readKvKeys(prefix: string, separator: string): Read<readonly string[]> {
  return (state) => {
    const keys: string[] = [];
    for (const { key } of state.kvPairs(prefix)) {
      const at = separator === '' ? -1 : key.indexOf(separator, prefix.length);
      const shown = at < 0 ? key : key.slice(0, at + separator.length);
      if (shown !== keys.at(-1)) keys.push(shown);
    }
    return { value: keys, keys: [watch.kvPrefix(prefix)] };
  };
}

export function readSession(id: SessionId): Read<Session | undefined> {
  return (state) => ({ value: state.session(id), keys: [watch.session(id)] });
}

export function readSessions(): Read<readonly Session[]> {
  return (state) => ({ value: [...state.sessions()], keys: [watch.table('sessions')] });
}

export function readNodeSessions(node: string): Read<readonly Session[]> {
  return (state) => ({
    value: [...state.sessionsOnNode(node)],
    keys: [watch.sessionsOnNode(node)],
  });
}

/** Oldest first. */
export function readUserEvents(): Read<readonly UserEvent[]> {
  return (state) => ({ value: [...state.userEvents()], keys: [watch.table('userEvents')] });
}
