/** Requests to S3 and its like, signed where credentials are given. */
import { AwsClient } from 'aws4fetch';
import type { ArtifactOrigin } from '../../core/artifact/source.ts';

/** The headers that make a GET of the object one of the owner of the credentials. */
export async function signedHeaders(
  origin: Extract<ArtifactOrigin, { from: 's3' }>,
): Promise<Readonly<Record<string, string>>> {
  if (origin.credentials === undefined) return {};
  const { sessionToken, ...keys } = origin.credentials;
  const client = new AwsClient({
    ...keys,
    ...(sessionToken === '' ? {} : { sessionToken }),
    service: 's3',
    region: origin.region,
  });
  const signed = await client.sign(origin.url);
  return Object.fromEntries(signed.headers);
}
