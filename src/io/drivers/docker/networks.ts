/**
 * Namespaces of groups: a container each that does nothing, which the group's containers join. The
 * engine cannot put a container into a namespace by its path, so the engine must make it.
 *
 * DN1: the container's name says whose it is: whoever looks for it finds the same one, also after
 *      the agent or the engine was away.
 * DN2: a container that is not running has lost its namespace for good, and is made anew.
 * DN3: the namespace is that container's, or there is none.
 */
import { readFile } from 'node:fs/promises';
import { Failure } from '../../../base/failure.ts';
import type { Json, JsonObject } from '../../../base/json.ts';
import { decodeDockerConfig, isConfig } from '../../../core/docker/config.ts';
import { ALLOC_LABEL, NETWORK_LABEL } from '../../../core/docker/labels.ts';
import { pauseBody } from '../../../core/docker/pause-container.ts';
import { PAUSE_IMAGE, PAUSE_PATH, pauseArchive } from '../../../core/docker/pause-image.ts';
import type { AllocId, NodeId } from '../../../core/model/ids.ts';
import type { DriverNetwork, DriverNetworks, DriverNetworkWish } from '../../../ports/driver.ts';
import type { Engine } from './engine.ts';
import type { Images } from './images.ts';

export interface DockerNetworksOptions {
  /** An image that waits for ever; undefined: one is made here. */
  readonly image?: string;
}

export interface DockerNetworksDeps {
  readonly engine: Engine;
  readonly images: Images;
}

interface Inspected {
  readonly Id: string;
  readonly State: { readonly Running: boolean; readonly Pid: number };
}

interface Listed {
  readonly Id: string;
  readonly Labels: Readonly<Record<string, string>>;
}

export class DockerNetworks implements DriverNetworks {
  readonly #options: DockerNetworksOptions;
  readonly #deps: DockerNetworksDeps;
  /** The last of those who ask for one: a group's tasks may all ask at once. */
  readonly #last = new Map<AllocId, Promise<unknown>>();

  constructor(options: DockerNetworksOptions, deps: DockerNetworksDeps) {
    this.#options = options;
    this.#deps = deps;
  }

  ensure(wish: DriverNetworkWish, signal: AbortSignal): Promise<DriverNetwork> {
    const before = this.#last.get(wish.id) ?? Promise.resolve();
    const mine = before.then(() => this.#ensure(wish, signal));
    const settled = mine
      .catch(() => undefined)
      .finally(() => {
        if (this.#last.get(wish.id) === settled) this.#last.delete(wish.id);
      });
    this.#last.set(wish.id, settled);
    return mine;
  }

  async remove(id: AllocId): Promise<void> {
    await this.#remove(nameOf(id));
  }

  async sweep(nodeId: NodeId, isOver: (id: AllocId) => boolean): Promise<void> {
    const filters = JSON.stringify({ label: [`${NETWORK_LABEL}=${nodeId}`] });
    const path = `/containers/json?all=1&filters=${encodeURIComponent(filters)}`;
    const listed = (await this.#call('GET', path)) as unknown as readonly Listed[];
    for (const { Id: container, Labels: labels } of listed) {
      if (isOver(labels[ALLOC_LABEL] as AllocId)) await this.#remove(container);
    }
  }

  async #ensure(wish: DriverNetworkWish, signal: AbortSignal): Promise<DriverNetwork> {
    const name = nameOf(wish.id);
    const found = await this.#pid(name, signal);
    if (found !== undefined) return { pid: found, name };
    await this.#remove(name);
    const body = await this.#body(wish, signal);
    await this.#call('POST', `/containers/create?name=${name}`, { body, signal });
    try {
      await this.#call('POST', `/containers/${name}/start`, { signal });
    } catch (error) {
      await this.#remove(name);
      throw error;
    }
    const pid = await this.#pid(name, signal);
    if (pid !== undefined) return { pid, name };
    await this.#remove(name);
    throw new Failure('unavailable', 'the container that holds the network ended at once');
  }

  /** DN2. Undefined: there is none, or it does not run. */
  async #pid(name: string, signal: AbortSignal): Promise<number | undefined> {
    try {
      const answer = await this.#call('GET', `/containers/${name}/json`, { signal });
      const { Id: id, State: state } = answer as unknown as Inspected;
      if (!state.Running) return undefined;
      if (await isHere(state.Pid, id)) return state.Pid;
      throw new Failure('unsupported', 'the engine runs its containers on another machine');
    } catch (error) {
      if (error instanceof Failure && error.fault === 'not_found') return undefined;
      throw error;
    }
  }

  async #body(wish: DriverNetworkWish, signal: AbortSignal): Promise<JsonObject> {
    const { id, nodeId, hostname, address, dns } = wish;
    const own = this.#options.image;
    const image = own === undefined ? await this.#ownImage(signal) : await this.#named(own, signal);
    return pauseBody({
      image,
      command: own === undefined ? [PAUSE_PATH] : [],
      labels: { [ALLOC_LABEL]: id, [NETWORK_LABEL]: nodeId },
      hostname,
      address,
      dns,
    });
  }

  #ownImage(signal: AbortSignal): Promise<string> {
    return this.#deps.images.ensureOwn(
      PAUSE_IMAGE,
      async () => {
        const version = await this.#call('GET', '/version', { signal });
        const { Arch: machine } = version as { readonly Arch: string };
        const archive = pauseArchive(machine);
        if (archive !== undefined) return archive;
        throw new Failure(
          'unsupported',
          `there is no image to hold networks on ${machine}: name one as "infra_image"`,
        );
      },
      signal,
    );
  }

  #named(image: string, signal: AbortSignal): Promise<string> {
    const config = decodeDockerConfig({ image });
    if (!isConfig(config)) throw new Failure('invalid', `"${image}" is not an image name`);
    return this.#deps.images.ensure(config, undefined, signal);
  }

  async #remove(container: string): Promise<void> {
    try {
      await this.#call('DELETE', `/containers/${container}?force=1&v=1`);
    } catch (error) {
      const isGone = error instanceof Failure && error.fault === 'not_found';
      // Somebody else is removing it at this moment.
      const isGoing = error instanceof Failure && error.fault === 'conflict';
      if (!isGone && !isGoing) throw error;
    }
  }

  #call(
    method: 'GET' | 'POST' | 'DELETE',
    path: string,
    more: { readonly body?: JsonObject; readonly signal?: AbortSignal } = {},
  ): Promise<Json> {
    return this.#deps.engine.call({ method, path, ...more });
  }
}

/**
 * True where the engine's number of a process means the container here, too: an engine in a
 * virtual machine counts by itself, and the number may be anybody's (DN3).
 */
async function isHere(pid: number, container: string): Promise<boolean> {
  try {
    return (await readFile(`/proc/${pid}/cgroup`, 'utf8')).includes(container);
  } catch {
    return false;
  }
}

/** DN1. */
function nameOf(id: AllocId): string {
  return `muster-network-${id}`;
}
