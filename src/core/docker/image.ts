/**
 * Names of container images.
 *
 * Source: https://github.com/distribution/distribution/blob/main/reference/reference.go (grammar)
 */

export interface ImageName {
  /** Registry and path: `docker.io/library/redis`, as written. */
  readonly repository: string;
  /** Absent for an image named by digest. */
  readonly tag?: string;
  /** `sha256:...` */
  readonly digest?: string;
}

const HOST = /[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?(?::\d+)?/.source;
const PATH = /[a-z0-9]+(?:[._/-]+[a-z0-9]+)*/.source;
const TAG = /[\w][\w.-]{0,127}/.source;
const DIGEST = /[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[0-9a-fA-F]{32,}/.source;
const NAME = new RegExp(`^(?:https?://)?((?:${HOST}/)?${PATH})(?::(${TAG}))?(?:@(${DIGEST}))?$`);

/** Takes a name apart; undefined where it is none. Without tag and digest the tag is `latest`. */
export function parseImageName(text: string): ImageName | undefined {
  if (text.length > 1024) return undefined;
  const match = NAME.exec(text);
  const repository = match?.[1];
  if (match === null || repository === undefined) return undefined;
  const [, , tag, digest] = match;
  if (digest !== undefined) {
    return tag === undefined ? { repository, digest } : { repository, tag, digest };
  }
  return { repository, tag: tag ?? 'latest' };
}

/** The name in the form that the engine takes. */
export function formatImageName(name: ImageName): string {
  if (name.digest !== undefined) return `${name.repository}@${name.digest}`;
  return `${name.repository}:${name.tag ?? 'latest'}`;
}

/**
 * True where the image must be asked for anew even if the engine has one of that name: its tag
 * moves.
 */
export function isMoving(name: ImageName): boolean {
  return name.digest === undefined && (name.tag ?? 'latest') === 'latest';
}

/** The registry's host, for credentials; Docker Hub where the name has none. */
export function registryOf(name: ImageName): string {
  const [first = ''] = name.repository.split('/', 1);
  const isHost = name.repository.includes('/') && (/[.:]/.test(first) || first === 'localhost');
  return isHost ? first : 'docker.io';
}
