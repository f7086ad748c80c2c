/** Reads the agent's configuration: files and directories in order, then what the flags say. */
import { Failure } from '../base/failure.ts';
import type { Json, JsonObject } from '../base/json.ts';
import type { AgentConfig } from '../core/agent-config/config.ts';
import { mergeFiles, type AgentFile } from '../core/agent-config/decode.ts';
import {
  configFilesAmong,
  configFrom,
  type ConfigFlags as Flags,
} from '../core/agent-config/from-sources.ts';
import { Source } from '../core/hcl/source.ts';

export interface ConfigFiles {
  read(path: string): Promise<string>;
  /** Paths of the files in a directory; undefined where it is none. */
  list(path: string): Promise<readonly string[] | undefined>;
}

/** What was given on the command line; absent: not given. */
export interface ConfigFlags extends Flags {
  readonly paths: readonly string[];
}

/**
 * Fails: `invalid` with every mistake and its place; `not_found` a file that is not there.
 */
export async function loadConfig(flags: ConfigFlags, files: ConfigFiles): Promise<AgentConfig> {
  const sources: Source[] = [];
  for (const path of flags.paths) {
    for (const file of await configFilesOf(path, files)) {
      sources.push(new Source(file, await files.read(file)));
    }
  }
  const answer = configFrom(sources, flags);
  if ('config' in answer) return answer.config;
  throw new Failure('invalid', `the configuration cannot be used:\n${answer.mistakes}`);
}

/** A directory stands for its `.hcl` and `.json` files, by name. */
async function configFilesOf(path: string, files: ConfigFiles): Promise<readonly string[]> {
  const listed = await files.list(path);
  return listed === undefined ? [path] : configFilesAmong(listed);
}

/** Settings from pairs of a dotted name and a value; undefined values are left out. */
export function settingsOf(
  pairs: readonly (readonly [name: string, value: Json | undefined])[],
): AgentFile {
  return pairs.reduce<AgentFile>((settings, [name, value]) => {
    if (value === undefined) return settings;
    const nested = name
      .split('.')
      .reduceRight<Json>((inner, part): JsonObject => ({ [part]: inner }), value);
    return mergeFiles(settings, nested as JsonObject);
  }, {});
}
