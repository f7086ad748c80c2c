/** The job language as the HTTP API needs it: a server reads no files of its own for a job. */
import { Source } from '../core/hcl/source.ts';
import { renderDiagnostics } from '../core/hcl/diagnostic.ts';
import { canonicalizeJob } from '../core/jobspec/canonicalize.ts';
import { parseJobFile } from '../core/jobspec/parse-job.ts';
import { validateJob } from '../core/jobspec/validate.ts';
import { jobWarnings } from '../core/jobspec/warnings.ts';
import { functionHost } from '../io/hcl/function-host.ts';
import type { JobLanguage } from '../server/http/deps.ts';

export const jobLanguage: JobLanguage = {
  parse: (text, variables) => {
    const source = new Source('input.hcl', text);
    const varFile = variables === '' ? undefined : new Source('variables.hcl', variables);
    const { now, hash, uuid } = functionHost(Date.now());
    const parsed = parseJobFile(source, {
      host: { now, hash, uuid },
      varFiles: varFile === undefined ? [] : [varFile],
    });
    if ('job' in parsed) return Promise.resolve({ job: parsed.job });
    const sources = new Map([source, varFile ?? source].map((each) => [each.name, each]));
    return Promise.resolve({ mistakes: renderDiagnostics(parsed, sources) });
  },
  canonicalize: canonicalizeJob,
  validate: validateJob,
  warnings: jobWarnings,
};
