/**
 * Reads the job file that a command names.
 *
 * The job language is loaded when a file is read, not when the program starts: most commands need
 * none of it.
 */
import { decodeJob } from '../../api/nomad/job-codec.ts';
import { isIssues, renderIssues } from '../../api/codec/issue.ts';
import { isObject } from '../../api/codec/codec.ts';
import { Failure } from '../../base/failure.ts';
import type { FunctionHost } from '../../core/hcl/function.ts';
import type { JobDraft } from '../../core/model/job.ts';
import type { JobSource } from '../../core/model/job-submission.ts';
import { flag, type Flag, type Invocation } from '../command.ts';
import type { World } from '../world.ts';

/** Flags of every command that reads a job file. */
export const JOB_FILE_FLAGS: readonly Flag[] = [
  flag.list('var', '<name=value>', 'Gives a variable of the file its value.'),
  flag.list('var-file', '<path>', 'A file of values for variables.'),
  flag.boolean('json', 'The file holds the API form of a job, as -output prints it.'),
  flag.boolean('hcl2-strict', 'Accepted for compatibility; it is always strict.'),
  flag.boolean('hcl1', 'Accepted for compatibility: the older spellings are read in any case.'),
];

const STDIN = '-';

/** A job, and what it was made from. */
export interface LoadedJob {
  readonly job: JobDraft;
  readonly source: JobSource;
}

/** The job of a file: see `loadJobWithSource`. */
export async function loadJob(
  path: string,
  invocation: Invocation,
  world: World,
): Promise<JobDraft> {
  return (await loadJobWithSource(path, invocation, world)).job;
}

/**
 * Reads and parses; remarks about a file that is taken all the same go to standard error.
 *
 * Fails: `not_found` the file; `invalid` with every mistake, its place and its line.
 */
export async function loadJobWithSource(
  path: string,
  invocation: Invocation,
  world: World,
): Promise<LoadedJob> {
  const text = await world.files.read(path);
  if (invocation.flags.has('json') || isApiForm(path, text)) {
    const source = { source: text, format: 'json', variableFlags: {}, variables: '' };
    return { job: readApiForm(path, text), source };
  }
  return readJobFile(path, text, invocation, world);
}

/** A `.json` file may hold the API form or the language's own JSON: only the first has an ID. */
function isApiForm(path: string, text: string): boolean {
  if (!path.endsWith('.json')) return false;
  try {
    const json: unknown = JSON.parse(text);
    if (!isObject(json)) return false;
    const job = json['Job'] ?? json;
    return isObject(job) && typeof job['ID'] === 'string';
  } catch {
    return false;
  }
}

function readApiForm(path: string, text: string): JobDraft {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new Failure('invalid', `"${path}" is not JSON`, { cause });
  }
  const job = decodeJob(isObject(json) && 'Job' in json ? json['Job'] : json);
  if (!isIssues(job)) {
    if ((job.id as string | undefined) !== undefined) return job;
    throw new Failure('invalid', `${path}: Job.ID: missing`);
  }
  throw new Failure('invalid', `cannot read the job in "${path}":\n${renderIssues(job)}`);
}

async function readJobFile(
  path: string,
  text: string,
  { flags }: Invocation,
  world: World,
): Promise<LoadedJob> {
  const [{ parseJobFile }, { Source }, { renderDiagnostics }, host] = await Promise.all([
    import('../../core/jobspec/parse-job.ts'),
    import('../../core/hcl/source.ts'),
    import('../../core/hcl/diagnostic.ts'),
    world.functionHost(),
  ]);
  const source = new Source(path === STDIN ? 'stdin' : path, text);
  const varFiles = await Promise.all(
    flags.list('var-file').map(async (name) => new Source(name, await world.files.read(name))),
  );
  const given = flags.list('var').map(variable);
  const parsed = parseJobFile(source, {
    variables: given,
    varFiles,
    environment: world.env,
    host: text.includes('yamldecode') ? { ...host, decodeYaml: await yamlDecoder() } : host,
  });
  const sources = new Map([source, ...varFiles].map((one) => [one.name, one]));
  if (!('job' in parsed)) {
    throw new Failure('invalid', `cannot read the job:\n${renderDiagnostics(parsed, sources)}`);
  }
  if (parsed.warnings.length > 0) {
    world.err(`${renderDiagnostics(parsed.warnings, sources)}\n`);
  }
  const format = path.endsWith('.json') ? 'json' : 'hcl2';
  const variables = varFiles.map((file) => file.text).join('\n');
  const variableFlags = Object.fromEntries([...inherited(text, world.env), ...given]);
  return { job: parsed.job, source: { source: text, format, variableFlags, variables } };
}

const INHERITED = 'NOMAD_VAR_';

/** What of the environment may have given variables their values: only names that the file has. */
function inherited(text: string, env: World['env']): readonly (readonly [string, string])[] {
  return Object.entries(env).flatMap(([key, value]) => {
    const name = key.slice(INHERITED.length);
    const isMeant = key.startsWith(INHERITED) && text.includes(`"${name}"`);
    return isMeant && value !== undefined ? [[name, value] as const] : [];
  });
}

/** The library is large, and few files read YAML. */
async function yamlDecoder(): Promise<NonNullable<FunctionHost['decodeYaml']>> {
  return (await import('../../core/hcl/yaml.ts')).decodeYaml;
}

function variable(typed: string): readonly [name: string, text: string] {
  const equals = typed.indexOf('=');
  if (equals > 0) return [typed.slice(0, equals), typed.slice(equals + 1)];
  throw new Failure('invalid', `-var must be name=value, got "${typed}"`);
}
