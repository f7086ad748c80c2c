/** Users and their groups, from the files of a root directory. Source: passwd(5), group(5). */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../../../base/failure.ts';

export interface User {
  readonly uid: number;
  readonly gid: number;
  /** Supplementary groups, sorted. */
  readonly groups: readonly number[];
  readonly home: string;
}

/**
 * A user by name or number, `:group` after it if wanted, with the groups that `/etc/group` gives.
 *
 * @param root where `etc` is looked for
 * Fails: `invalid` there is none.
 */
export function findUser(wanted: string, root = '/'): User {
  const [name = '', groupName] = wanted.split(':');
  const groups = records(join(root, 'etc/group'));
  const entry = entryOf(records(join(root, 'etc/passwd')), name);
  if (entry === undefined && !isId(name)) throw new Failure('invalid', `no user "${name}"`);
  const [login = '', , uid = name, ownGid = name, , home = '/'] = entry ?? [];
  const member = (g: readonly string[]): boolean => (g[3] ?? '').split(',').includes(login);
  const supplementary = login === '' ? [] : groups.filter(member).map((g) => Number(g[2]));
  return {
    uid: Number(uid),
    gid: groupName === undefined ? Number(ownGid) : groupId(groups, groupName),
    groups: [...new Set(supplementary)].sort((a, b) => a - b),
    home,
  };
}

function groupId(groups: Records, name: string): number {
  const entry = entryOf(groups, name);
  if (entry === undefined && !isId(name)) throw new Failure('invalid', `no group "${name}"`);
  return Number(entry?.[2] ?? name);
}

/** By name, else by number. */
function entryOf(entries: Records, wanted: string): readonly string[] | undefined {
  return entries.find((e) => e[0] === wanted) ?? entries.find((e) => e[2] === wanted);
}

type Records = readonly (readonly string[])[];

function isId(text: string): boolean {
  return /^\d{1,10}$/.test(text) && Number(text) < 2 ** 32 - 1;
}

function records(file: string): Records {
  try {
    const lines = readFileSync(file, 'utf8').split('\n');
    return lines.filter((line) => line.includes(':')).map((line) => line.split(':'));
  } catch {
    return [];
  }
}
