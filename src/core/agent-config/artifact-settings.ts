/**
 * How much artifacts may take, as `client { artifact {} }` says it.
 *
 * Source: https://developer.hashicorp.com/nomad/docs/configuration/client (artifact)
 */
import { ARTIFACT_LIMITS, type ArtifactLimits } from '../artifact/artifact-limits.ts';
import type { ConfigProblem } from './config-problem.ts';
import type { Reader } from './reader.ts';
import { block, count, duration, flag, size, text, type Setting } from './setting.ts';

export const ARTIFACT_SETTING: Setting = block('What an artifact may take. 0: no bound.', {
  http_max_size: size('Of one download over HTTP; `100GiB`.'),
  decompression_limit_size: size('What an archive becomes; `100GiB`.'),
  decompression_limit_file_count: count('Entries of an archive; 200000.'),
  http_read_timeout: duration('Accepted: a server that sends nothing for a minute is given up.'),
  git_timeout: duration('Accepted.'),
  hg_timeout: duration('Accepted: Mercurial is not spoken.'),
  gcs_timeout: duration('Accepted: storage of Google is not spoken.'),
  s3_timeout: duration('Accepted.'),
  disable_filesystem_isolation: flag('Accepted: nothing outside of the task is written.'),
  set_environment_variables: text('Accepted.'),
});

/** What is wrong goes to `problems`. */
export function artifactLimits(client: Reader, problems: ConfigProblem[]): ArtifactLimits {
  const artifact = client.block('artifact');
  const bound = (name: string, fallback: number): number => {
    const most = artifact.count(name, fallback);
    if (most < 0) problems.push({ path: `client.artifact.${name}`, message: 'is negative' });
    return most === 0 ? Infinity : most;
  };
  return {
    httpBytesMax: bound('http_max_size', ARTIFACT_LIMITS.httpBytesMax),
    unpackedBytesMax: bound('decompression_limit_size', ARTIFACT_LIMITS.unpackedBytesMax),
    entriesMax: bound('decompression_limit_file_count', ARTIFACT_LIMITS.entriesMax),
  };
}
