/** The agent's configuration from the texts of its files. */
import { renderDiagnostics } from '../hcl/diagnostic.ts';
import type { Source } from '../hcl/source.ts';
import { agentConfig, isAgentConfig, type AgentConfig } from './config.ts';
import { decodeAgentFile, isAgentFile, mergeFiles, type AgentFile } from './decode.ts';

/** What is beside the files; absent: not given. */
export interface ConfigFlags {
  readonly dev: boolean;
  /** `-dev` keeps its data here. */
  readonly devDir: string;
  /** In the form of a file's settings; they come last. */
  readonly settings: AgentFile;
}

/** Files in their order, later ones over earlier ones; or all that is wrong, as a text. */
export function configFrom(
  sources: readonly Source[],
  flags: ConfigFlags,
): Readonly<{ config: AgentConfig }> | Readonly<{ mistakes: string }> {
  const decoded = sources.map((source) => decodeAgentFile(source));
  const mistakes = decoded.flatMap((file) => (isAgentFile(file) ? [] : file));
  if (mistakes.length > 0) {
    const byName = new Map(sources.map((source) => [source.name, source]));
    return { mistakes: renderDiagnostics(mistakes, byName) };
  }
  const merged = [...decoded.filter(isAgentFile), flags.settings].reduce(mergeFiles, {});
  const config = agentConfig(merged, flags);
  if (isAgentConfig(config)) return { config };
  return { mistakes: config.map(({ path, message }) => `  ${path} ${message}`).join('\n') };
}

/** Of the files of a directory those that an agent reads, in the order in which it does. */
export function configFilesAmong(paths: readonly string[]): readonly string[] {
  return paths.filter((path) => /\.(hcl|json)$/.test(path)).sort();
}
