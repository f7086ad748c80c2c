/** The job language as the HTTP API needs it: a server reads no files of its own for a job. */
import type { FunctionHost } from '../core/hcl/function.ts';
import { canonicalizeJob } from '../core/jobspec/canonicalize.ts';
import { validateJob } from '../core/jobspec/validate.ts';
import { jobWarnings } from '../core/jobspec/warnings.ts';
import { SideThread } from '../io/thread/side-thread.ts';
import type { JobLanguage } from '../server/http/deps.ts';
import { parseJobSource, type ParsedSource } from './parse-job.ts';

/**
 * Longer sources are parsed on a thread beside the event loop, which is never to be held for more
 * than 20 ms: so long takes a source of 200 KB, of this length the first in a process [characters].
 */
const ALONGSIDE_LENGTH_MIN = 64 * 1024;

/**
 * @param program what this process runs, which as a thread is `threadMain`
 * @param sourceBytesMax what a job was made from is kept up to this size [bytes]
 */
export function jobLanguage(program: string, sourceBytesMax: number): JobLanguage {
  // Sources, as in development, are not loaded by threads: their loader is the main thread's.
  const thread = program.endsWith('.ts') ? undefined : new SideThread(program);
  return {
    parse: async (text, variables) => {
      const isShort = text.length + variables.length < ALONGSIDE_LENGTH_MIN;
      if (thread === undefined || isShort) {
        return parseJobSource(text, variables, await yamlFor(text));
      }
      return JSON.parse(await thread.ask(text, variables)) as ParsedSource;
    },
    canonicalize: canonicalizeJob,
    validate: validateJob,
    warnings: jobWarnings,
    sourceBytesMax,
  };
}

/** The library is large, and few files read YAML. */
async function yamlFor(text: string): Promise<Pick<FunctionHost, 'decodeYaml'>> {
  if (!text.includes('yamldecode')) return {};
  const { decodeYaml } = await import('../core/hcl/yaml.ts');
  return { decodeYaml };
}
