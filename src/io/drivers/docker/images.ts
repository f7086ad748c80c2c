/**
 * Getting the image of a task: loaded from a file, found, or pulled.
 *
 * I1: one pull of an image at a time; all who want it wait for the same one.
 */
import { Failure } from '../../../base/failure.ts';
import type { JsonObject } from '../../../base/json.ts';
import type { DockerConfig } from '../../../core/docker/config.ts';
import {
  formatImageName,
  isMoving,
  parseImageName,
  registryOf,
  type ImageName,
} from '../../../core/docker/image.ts';
import type { Engine } from './engine.ts';

export interface Credentials {
  readonly username: string;
  readonly password: string;
  readonly serverAddress: string;
}

export class Images {
  readonly #engine: Engine;
  readonly #credentials: (registry: string) => Promise<Credentials | undefined>;
  readonly #pulls = new Map<string, Promise<void>>();

  constructor(engine: Engine, credentials: (registry: string) => Promise<Credentials | undefined>) {
    this.#engine = engine;
    this.#credentials = credentials;
  }

  /**
   * Answers the id of the image a task is to run.
   *
   * A name whose tag moves (`latest`) is pulled each time, as is `force_pull`; when its registry
   * cannot be reached, an image the engine already has is used.
   *
   * Fails: `invalid` (no image name), `not_found`, `denied`, `unavailable`.
   * @param archive absolute path of the `load` file, where the task has one
   */
  async ensure(
    config: DockerConfig,
    archive: string | undefined,
    signal: AbortSignal,
  ): Promise<string> {
    const name = parseImageName(config.image);
    if (name === undefined) throw new Failure('invalid', `"${config.image}" is not an image name`);
    const wanted = formatImageName(name);
    if (archive !== undefined) {
      await this.#load(archive, signal);
    } else if (config.force_pull || isMoving(name)) {
      await this.#pullOrKeep(config, name, signal);
    } else if ((await this.#id(wanted, signal)) === undefined) {
      await this.#pullOnce(config, name, signal);
    }
    const id = await this.#id(wanted, signal);
    if (id !== undefined) return id;
    const where = archive === undefined ? 'the engine' : `"${config.load}"`;
    throw new Failure('not_found', `${where} has no image "${wanted}"`);
  }

  /**
   * Answers the id of an image that is made here, where the engine does not have it yet.
   *
   * @param archive its only layer; asked for only where it is needed
   */
  async ensureOwn(
    image: Readonly<{ repository: string; tag: string }>,
    archive: (signal: AbortSignal) => Promise<Uint8Array>,
    signal: AbortSignal,
  ): Promise<string> {
    const name = formatImageName(image);
    const found = await this.#id(name, signal);
    if (found !== undefined) return found;
    const query = new URLSearchParams({ fromSrc: '-', repo: image.repository, tag: image.tag });
    const bytes = await archive(signal);
    const progress = await this.#engine.upload(`/images/create?${String(query)}`, bytes, signal);
    await settle(progress, `cannot make image "${name}"`);
    const made = await this.#id(name, signal);
    if (made !== undefined) return made;
    throw new Failure('unavailable', `the engine did not keep image "${name}"`);
  }

  async #id(name: string, signal: AbortSignal): Promise<string | undefined> {
    try {
      const path = `/images/${encodeURIComponent(name)}/json`;
      const image = (await this.#engine.call({ method: 'GET', path, signal })) as JsonObject;
      return typeof image['Id'] === 'string' ? image['Id'] : undefined;
    } catch (error) {
      if (error instanceof Failure && error.fault === 'not_found') return undefined;
      throw error;
    }
  }

  async #pullOrKeep(config: DockerConfig, name: ImageName, signal: AbortSignal): Promise<void> {
    try {
      await this.#pullOnce(config, name, signal);
    } catch (error) {
      const kept =
        !config.force_pull &&
        error instanceof Failure &&
        error.fault === 'unavailable' &&
        (await this.#id(formatImageName(name), signal)) !== undefined;
      if (!kept) throw error;
    }
  }

  #pullOnce(config: DockerConfig, name: ImageName, signal: AbortSignal): Promise<void> {
    const key = `${formatImageName(name)} ${config.auth?.username ?? ''}`;
    const running = this.#pulls.get(key);
    if (running !== undefined) return running;
    const pull = this.#pull(config, name, signal).finally(() => this.#pulls.delete(key));
    this.#pulls.set(key, pull);
    return pull;
  }

  async #pull(config: DockerConfig, name: ImageName, signal: AbortSignal): Promise<void> {
    const query = new URLSearchParams({ fromImage: name.repository });
    query.set('tag', name.digest ?? name.tag ?? 'latest');
    const auth = await this.#auth(config, name);
    const what = `cannot pull image "${formatImageName(name)}"`;
    const progress = await this.#engine
      .stream({
        method: 'POST',
        path: `/images/create?${query.toString()}`,
        signal,
        ...(auth === undefined ? {} : { headers: { 'x-registry-auth': auth } }),
      })
      .catch((cause: unknown) => {
        if (!(cause instanceof Failure)) throw cause;
        throw new Failure(cause.fault, what, { cause });
      });
    await settle(progress, what);
  }

  async #load(archive: string, signal: AbortSignal): Promise<void> {
    const progress = await this.#engine.upload('/images/load?quiet=1', archive, signal);
    await settle(progress, `cannot load the image archive`);
  }

  async #auth(config: DockerConfig, name: ImageName): Promise<string | undefined> {
    const own = config.auth;
    const found =
      own === undefined
        ? await this.#credentials(registryOf(name))
        : { username: own.username, password: own.password, serverAddress: own.server_address };
    if (found === undefined) return undefined;
    const body = {
      username: found.username,
      password: found.password,
      serveraddress: found.serverAddress || registryOf(name),
    };
    return Buffer.from(JSON.stringify(body)).toString('base64url');
  }
}

/** Reads a progress stream to its end: lines of JSON, an error among them means failure. */
async function settle(progress: AsyncIterable<Uint8Array>, what: string): Promise<void> {
  let rest = '';
  for await (const piece of progress) {
    const lines = (rest + Buffer.from(piece).toString('utf8')).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) check(line, what);
  }
  check(rest, what);
}

function check(line: string, what: string): void {
  if (line.trim() === '') return;
  let error: string | undefined;
  try {
    error = (JSON.parse(line) as { error?: string }).error;
  } catch {
    return; // The last, cut line of an engine that was stopped: its error is the connection's.
  }
  if (error === undefined) return;
  const fault = /not found|manifest unknown|does not exist/i.test(error)
    ? 'not_found'
    : /denied|unauthorized/i.test(error)
      ? 'denied'
      : 'unavailable';
  throw new Failure(fault, what, { cause: new Error(error) });
}
