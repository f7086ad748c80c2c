/** Reads the agent's configuration: files and directories in order, then what the flags say. */
import { Failure } from '../base/failure.ts';
import type { Json, JsonObject } from '../base/json.ts';
import { agentConfig, isAgentConfig, type AgentConfig } from '../core/agent-config/config.ts';
import {
  decodeAgentFile,
  isAgentFile,
  mergeFiles,
  type AgentFile,
} from '../core/agent-config/decode.ts';
import { renderDiagnostics } from '../core/hcl/diagnostic.ts';
import { Source } from '../core/hcl/source.ts';

export interface ConfigFiles {
  read(path: string): Promise<string>;
  /** Paths of the files in a directory; undefined where it is none. */
  list(path: string): Promise<readonly string[] | undefined>;
}

/** What was given on the command line; absent: not given. */
export interface ConfigFlags {
  readonly dev: boolean;
  /** `-dev` keeps its data here. */
  readonly devDir: string;
  readonly paths: readonly string[];
  /** In the form of a file's settings. */
  readonly settings: AgentFile;
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
  const decoded = sources.map((source) => ({ source, file: decodeAgentFile(source) }));
  const mistakes = decoded.flatMap(({ file }) => (isAgentFile(file) ? [] : file));
  if (mistakes.length > 0) {
    const byName = new Map(sources.map((source) => [source.name, source]));
    const told = renderDiagnostics(mistakes, byName);
    throw new Failure('invalid', `the configuration cannot be used:\n${told}`);
  }
  const merged = decoded
    .map(({ file }) => file)
    .filter(isAgentFile)
    .concat([flags.settings])
    .reduce(mergeFiles, {});
  const config = agentConfig(merged, flags);
  if (isAgentConfig(config)) return config;
  const lines = config.map(({ path, message }) => `  ${path} ${message}`);
  throw new Failure('invalid', `the configuration cannot be used:\n${lines.join('\n')}`);
}

/** A directory stands for its `.hcl` and `.json` files, by name. */
async function configFilesOf(path: string, files: ConfigFiles): Promise<readonly string[]> {
  const listed = await files.list(path);
  if (listed === undefined) return [path];
  return listed.filter((name) => /\.(hcl|json)$/.test(name)).sort();
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
