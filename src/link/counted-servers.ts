/** Whose disks count where etcd is somebody else's: of all servers that were ever heard of. */
import type { Index } from '../base/brand.ts';
import type { CountServers } from '../ports/cluster-log.ts';
import type { MetServer } from './mesh.ts';

export interface CountedServersDeps {
  /** This server, and all that it has reached. */
  readonly met: () => readonly Named[];
  /** What those that are there say of their disks, by id. */
  readonly told: () => ReadonlyMap<string, Index>;
  /** `bootstrap_expect`: how many there are to be at least. */
  readonly expect: number;
  /** Whether the server of this name has said that it will not come back. */
  readonly hasLeft: (name: string) => boolean;
}

/**
 * One that was reached counts also where it has not said what it keeps: it may be of a build that
 * does not. One that has left is gone.
 */
export function countServers({ met, told, expect, hasLeft }: CountedServersDeps): CountServers {
  return (claims) => {
    const [self, ...others] = met();
    const isGone = ({ id, name }: Named): boolean => id !== self?.id && hasLeft(name);
    const ids = [...(self ? [self] : []), ...others, ...claims]
      .filter((each) => !isGone(each))
      .map(({ id }) => id);
    const gone = claims.filter(isGone).map(({ id }) => id);
    return Promise.resolve({ ids: [...new Set(ids)], least: expect, gone, told: told() });
  };
}

type Named = Pick<MetServer, 'id' | 'name'>;
