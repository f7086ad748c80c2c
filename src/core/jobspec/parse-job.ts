/**
 * Job files: HCL2 text in, a job draft out.
 *
 * L1: with any mistake there is no draft, and all mistakes that were found are told together.
 * L2: names that only mean something where a task runs (`${attr.kernel.name}`,
 * `${NOMAD_PORT_http}`) stay in the draft as they were written.
 *
 * Source: Nomad's job specification.
 */
import type { Body } from '../hcl/ast.ts';
import { hasErrors, warningAt } from '../hcl/diagnostic.ts';
import type { Diagnostic } from '../hcl/diagnostic.ts';
import { Evaluation } from '../hcl/evaluate.ts';
import type { FunctionHost } from '../hcl/function.ts';
import { FUNCTIONS } from '../hcl/functions/library.ts';
import { parseJson } from '../hcl/json-body.ts';
import { parseConfig } from '../hcl/parse.ts';
import { missingSpan, readContent } from '../hcl/schema.ts';
import type { BodySchema, BoundBlock } from '../hcl/schema.ts';
import { textOf } from '../hcl/source.ts';
import type { Source, Span } from '../hcl/source.ts';
import { suggest } from '../hcl/suggest.ts';
import { string } from '../hcl/value.ts';
import type { Draft } from '../model/draft.ts';
import type { JobDraft } from '../model/job.ts';
import type { JobId } from '../model/ids.ts';
import type { TaskGroup } from '../model/task-group.ts';
import type { Task, Vault } from '../model/task.ts';
import { decodeBlock, tellDuplicate } from './decode.ts';
import { JOB } from './job-tables.ts';
import { readLocals } from './locals.ts';
import type { Written } from './table.ts';
import { readVariables } from './variables.ts';
import type { VariableInput } from './variables.ts';

export type JobFileOptions = VariableInput &
  Readonly<{
    /** What functions such as `file` may use of the world; without it they say so. */
    host?: FunctionHost;
  }>;

/** A job and what is odd about its file; or what is wrong with it. */
export type ParsedJobFile =
  Readonly<{ job: JobDraft; warnings: readonly Diagnostic[] }> | readonly Diagnostic[];

const FILE: BodySchema = {
  attributes: new Map(),
  blocks: new Map([
    ['job', ['name']],
    ['variable', ['name']],
    ['variables', []],
    ['locals', []],
  ]),
};

/** Reads a job file; one whose name ends in `.json` as the JSON form of the language. */
export function parseJobFile(source: Source, options: JobFileOptions = {}): ParsedJobFile {
  const { tree, diagnostics } = source.name.endsWith('.json')
    ? parseJson(source)
    : parseConfig(source);
  if (hasErrors(diagnostics)) return diagnostics;
  const run = new Evaluation({
    functions: FUNCTIONS,
    host: options.host ?? {},
    undefinedVariable: (name, span) => {
      run.report(oddName(name, span));
      return string(`\${${textOf(span)}}`);
    },
  });
  const job = readJob(tree, options, run);
  const told = inOrder(run.diagnostics);
  return job === undefined || hasErrors(told) ? told : { job, warnings: told };
}

/** As a reader meets them; those of other files (of values for variables) first. */
function inOrder(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  return diagnostics.toSorted(({ subject: a }, { subject: b }) => {
    return a.file === b.file ? a.start.byte - b.start.byte : a.file < b.file ? -1 : 1;
  });
}

/** Names that are known where tasks run. Source: Nomad's runtime interpolation. */
const RUNTIME_NAMES = ['attr', 'node', 'meta', 'env', 'device', 'unique', 'job', 'group', 'task'];
const OUR_NAMES = ['var', 'local', 'attr', 'node', 'meta', 'env'];

/** A name that is nearly one of ours is taken for the author's, but not in silence. */
function oddName(name: string, span: Span): readonly Diagnostic[] {
  if (RUNTIME_NAMES.includes(name) || /^[A-Z]/.test(name)) return [];
  const nearest = suggest(name, OUR_NAMES);
  if (nearest === undefined) return [];
  const detail =
    `There is no "${name}" in a job file, so "\${${textOf(span)}}" is left as it is, for the ` +
    `client to replace. Did you mean "${nearest}"?`;
  return [warningAt(span, 'Unknown name', detail)];
}

function readJob(tree: Body, input: VariableInput, run: Evaluation): JobDraft | undefined {
  const root = { body: tree, scope: { names: new Map() } };
  const { blocks } = readContent(root, FILE, run);
  const ofType = (type: string): readonly BoundBlock[] =>
    blocks.filter((block) => block.type === type);
  // Nothing is known yet where variables are declared: names there are mistakes, not the client's.
  const strict = new Evaluation({ functions: run.functions, host: run.host });
  const declared = [...ofType('variable'), ...ofType('variables')];
  const variables = readVariables(declared, input, strict);
  run.report(strict.diagnostics);
  const locals = readLocals(ofType('locals'), variables, run);
  const [job, ...others] = ofType('job');
  if (job === undefined) {
    if (!hasErrors(run.diagnostics)) {
      run.fail(
        missingSpan(tree),
        'Missing job block',
        'A job block is required: job "name" { ... }.',
      );
    }
    return undefined;
  }
  for (const other of others) tellDuplicate(job, other, 'job', run);
  const names = new Map([
    ['var', variables],
    ['local', locals],
  ]);
  return finishJob(decodeBlock(JOB, { ...job, scope: { names } }, run));
}

type GroupDraft = Draft<TaskGroup> & { vault?: Draft<Vault> };

/** What the tables gave, as the model has it: names, groups for lone tasks, vault for each task. */
function finishJob(written: Written): JobDraft {
  const { label, tasks, vault, groups, ...job } = written;
  const id = (job['id'] ?? label) as JobId;
  const alone = ((tasks ?? []) as readonly Draft<Task>[]).map(asGroup);
  const all = [...alone, ...((groups ?? []) as readonly GroupDraft[])];
  const finished = all.map((group) => inheritVault(group, vault as Draft<Vault> | undefined));
  return {
    ...job,
    id,
    name: (job['name'] ?? label) as string,
    ...(finished.length > 0 ? { groups: finished } : {}),
  };
}

/** A task beside the groups is a group of that one task. */
function asGroup(task: Draft<Task>): GroupDraft {
  return { name: task.name, tasks: [task] };
}

/** The nearest `vault` block counts: the task's own, its group's, the job's. */
function inheritVault(group: GroupDraft, ofJob: Draft<Vault> | undefined): Draft<TaskGroup> {
  const { vault: ofGroup, ...rest } = group;
  const inherited = ofGroup ?? ofJob;
  if (inherited === undefined || rest.tasks === undefined) return rest;
  const tasks = rest.tasks.map((task) => ({ ...task, vault: task.vault ?? inherited }));
  return { ...rest, tasks };
}
