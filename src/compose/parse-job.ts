/** A job file as the HTTP API reads it: no files of its own, no environment. */
import { renderDiagnostics } from '../core/hcl/diagnostic.ts';
import { Source } from '../core/hcl/source.ts';
import { parseJobFile } from '../core/jobspec/parse-job.ts';
import type { JobDraft } from '../core/model/job.ts';
import type { FunctionHost } from '../core/hcl/function.ts';
import { functionHost } from '../io/hcl/function-host.ts';

/** The job, or the mistakes in its source, rendered with their places. */
export type ParsedSource = Readonly<{ job: JobDraft }> | Readonly<{ mistakes: string }>;

/**
 * @param variables values of its variables, in the same language; may be empty
 * @param host what reads YAML, where it may be needed
 */
export function parseJobSource(
  text: string,
  variables: string,
  host: Pick<FunctionHost, 'decodeYaml'> = {},
): ParsedSource {
  const source = new Source('input.hcl', text);
  const varFile = variables === '' ? undefined : new Source('variables.hcl', variables);
  const { now, hash, uuid } = functionHost(Date.now());
  const parsed = parseJobFile(source, {
    host: { now, hash, uuid, ...host },
    varFiles: varFile === undefined ? [] : [varFile],
  });
  if ('job' in parsed) return { job: parsed.job };
  const sources = new Map([source, varFile ?? source].map((each) => [each.name, each]));
  return { mistakes: renderDiagnostics(parsed, sources) };
}
