/** Buckets of S3: where one is in an address, and what a listing of it says. */

export interface S3Place {
  /** The bucket's own address, without a slash at its end. */
  readonly base: string;
  /** Of all keys below; ends in a slash, or is empty. */
  readonly prefix: string;
}

export interface S3Listing {
  readonly keys: readonly string[];
  /** Asks for the rest; absent: that is all. */
  readonly next?: string;
}

/** `bucket.s3.amazonaws.com/key` or, with any other host, `host/bucket/key`. */
export function bucketOf(url: string): S3Place {
  const [, origin = url, path = ''] = /^(https?:\/\/[^/?]+)\/?([^?]*)/.exec(url) ?? [];
  const parts = path.split('/').filter((part) => part !== '');
  const isInHost = /^https?:\/\/[\w.-]+\.s3[\w.-]*\.amazonaws\.com$/.test(origin);
  const bucket = isInHost ? [] : parts.splice(0, 1);
  return {
    base: [origin, ...bucket].join('/'),
    prefix: parts.map((part) => `${decoded(part)}/`).join(''),
  };
}

/** Reads the answer to a ListObjectsV2. */
export function keysIn(xml: string): S3Listing {
  const keys = [...xml.matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key = '']) => plain(key));
  const next = /<NextContinuationToken>([^<]*)<\/NextContinuationToken>/.exec(xml)?.[1];
  return { keys, ...(next === undefined || next === '' ? {} : { next: plain(next) }) };
}

/** A path in a bucket as a signature wants it: what is no plain letter is escaped, `+` too. */
export function encodedPath(path: string): string {
  return path.split('/').map(encodedPart).join('/');
}

/** An address as people write it, with its path as a signature wants it. */
export function signableUrl(url: string): string {
  const [, origin = url, path = '', query = ''] =
    /^(https?:\/\/[^/?]+)([^?]*)(.*)$/.exec(url) ?? [];
  return `${origin}${encodedPath(path.split('/').map(decoded).join('/'))}${query}`;
}

function encodedPart(part: string): string {
  return encodeURIComponent(part).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

const ENTITIES: Readonly<Record<string, string>> = {
  ...{ amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" },
};

function plain(text: string): string {
  return text.replace(/&(?:#(\d+)|#x([0-9a-f]+)|(\w+));/gi, (whole, ten, sixteen, name) => {
    if (typeof name === 'string') return ENTITIES[name] ?? whole;
    const code = typeof ten === 'string' ? Number(ten) : parseInt(String(sixteen), 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
