/**
 * Functions that ask: of keys, services, nodes, secrets, variables, files.
 *
 * F1: what has no answer yet is an empty value and is noted as missing; the template is run again.
 * F2: what must exist (`key`, `secret`, `safeLs`) stays missing while it does not.
 *
 * Source: consul-template's "Templating language", API functions.
 */
import { fail, textAt, type FunctionTable, type Run, type TemplateFunction } from '../function.ts';
import {
  parseKeyQuery,
  parseNodeQuery,
  parseNodesQuery,
  parseNomadServiceQuery,
  parseNomadServicesQuery,
  parsePrefixQuery,
  parseServiceQuery,
  parseServicesQuery,
  parseVariableQuery,
  parseVariablesQuery,
} from '../query-text.ts';
import { Dict, type Value } from '../value.ts';
import {
  instanceOf,
  keyPairOf,
  nodeDetailOf,
  nodeOf,
  nomadInstanceOf,
  secretOf,
  summaryOf,
  variableMetaOf,
  variableOf,
} from './shapes.ts';

/** Texts of a query, and further ones. */
type Ask = (texts: readonly string[], run: Run) => Value;

export const DATA: FunctionTable = new Map<string, TemplateFunction>([
  ['key', asks(1, ([text], run) => key(text ?? '', run))],
  ['keyExists', asks(1, ([text], run) => keyExists(text ?? '', run))],
  ['keyExistsGet', asks(1, ([text], run) => keyExistsGet(text ?? '', run))],
  ['keyOrDefault', asks(2, ([text, other], run) => keyOrDefault(text ?? '', other ?? '', run))],
  ['ls', asks(1, ([text], run) => list(text ?? '', run, isTopLevel))],
  ['safeLs', asks(1, ([text], run) => safeList(text ?? '', run, isTopLevel))],
  ['tree', asks(1, ([text], run) => list(text ?? '', run, isNoFolder))],
  ['safeTree', asks(1, ([text], run) => safeList(text ?? '', run, isNoFolder))],
  ['service', filtered((text, run) => service(text, run, false))],
  ['connect', filtered((text, run) => service(text, run, true))],
  ['services', optional((text, run) => services(text, run))],
  ['node', optional((text, run) => node(text, run))],
  ['nodes', optional((text, run) => nodes(text, run))],
  [
    'datacenters',
    { params: [], rest: 'bool', call: ([flag], run) => datacenters(flag === true, run) },
  ],
  ['secret', { params: ['string'], rest: 'string', call: secret }],
  ['secrets', asks(1, ([path], run) => secrets(path ?? '', run))],
  ['file', asks(1, ([path], run) => file(path ?? '', run))],
  ['nomadService', { params: ['any'], rest: 'any', call: nomadService }],
  ['nomadServices', optional((text, run) => nomadServices(text, run))],
  ['nomadVar', asks(1, ([path], run) => nomadVar(path ?? '', run))],
  ['nomadVarExists', asks(1, ([path], run) => nomadVarExists(path ?? '', run))],
  ['nomadVarList', optional((prefix, run) => nomadVarList(prefix, run, true))],
  ['nomadVarListSafe', optional((prefix, run) => nomadVarList(prefix, run, false))],
]);

function asks(count: number, ask: Ask): TemplateFunction {
  return {
    params: Array<'string'>(count).fill('string'),
    call: (args, run) => ask(args.map(String), run),
  };
}

/** A query whose text may be left out. */
function optional(ask: (text: string, run: Run) => Value): TemplateFunction {
  return {
    params: [],
    rest: 'string',
    call: (args, run) => {
      if (args.length > 1) fail(`expected at most 1 argument, but got ${args.length}`);
      return ask(textAt(args, 0), run);
    },
  };
}

/** The older form names the filter in an argument of its own: `service "web" "any"`. */
function filtered(ask: (text: string, run: Run) => Value): TemplateFunction {
  return {
    params: ['string'],
    rest: 'string',
    call: (args, run) => {
      const [text = '', ...filters] = args.map(String);
      const filter = filters.filter((one) => one !== '').join(',');
      return ask(filter === '' ? text : `${text}|${filter}`, run);
    },
  };
}

function key(text: string, run: Run): Value {
  if (text === '') return '';
  const query = parseKeyQuery(text);
  const answer = run.recall(query);
  if (answer !== undefined && answer.value === undefined) run.miss(query);
  return answer?.value?.value ?? '';
}

function keyExists(text: string, run: Run): Value {
  return text !== '' && run.recall(parseKeyQuery(text))?.value !== undefined;
}

function keyExistsGet(text: string, run: Run): Value {
  const query = parseKeyQuery(text);
  const pair = run.recall(query)?.value;
  if (pair !== undefined) return keyPairOf(pair, pair.path);
  const nothing = { createIndex: 0, modifyIndex: 0, lockIndex: 0, flags: 0n, session: '' };
  return keyPairOf({ path: query.key, value: '', ...nothing }, query.key, false);
}

/** An empty value gives way to the default too. */
function keyOrDefault(text: string, other: string, run: Run): Value {
  if (text === '') return other;
  const value = run.recall(parseKeyQuery(text))?.value?.value ?? '';
  return value === '' ? other : value;
}

const isTopLevel = (path: string): boolean => path !== '' && !path.includes('/');
const isNoFolder = (path: string): boolean => path !== '' && !path.endsWith('/');

function list(text: string, run: Run, shows: (path: string) => boolean): readonly Value[] {
  const query = parsePrefixQuery(text);
  const pairs = run.recall(query)?.value ?? [];
  run.charge(pairs.length);
  return pairs.flatMap((pair) => {
    const path = pair.path.startsWith(query.prefix)
      ? pair.path.slice(query.prefix.length).replace(/^\/+/, '')
      : pair.path;
    return shows(path) ? [keyPairOf(pair, path)] : [];
  });
}

function safeList(text: string, run: Run, shows: (path: string) => boolean): Value {
  const found = list(text, run, shows);
  if (found.length === 0) run.miss(parsePrefixQuery(text));
  return found;
}

function service(text: string, run: Run, connect: boolean): Value {
  if (text === '') return [];
  const instances = run.recall(parseServiceQuery(text, connect))?.value ?? [];
  run.charge(instances.length);
  return instances.map(instanceOf);
}

function services(text: string, run: Run): Value {
  return (run.recall(parseServicesQuery(text))?.value ?? []).map(summaryOf);
}

function node(text: string, run: Run): Value {
  const detail = run.recall(parseNodeQuery(text))?.value;
  return detail === undefined ? undefined : nodeDetailOf(detail);
}

function nodes(text: string, run: Run): Value {
  return (run.recall(parseNodesQuery(text))?.value ?? []).map(nodeOf);
}

function datacenters(reachableOnly: boolean, run: Run): Value {
  return run.recall({ kind: 'catalog.datacenters', reachableOnly })?.value ?? [];
}

function secret(args: readonly Value[], run: Run): Value {
  const [path = '', ...data] = args.map(String);
  if (path === '') return undefined;
  const wrong = data.find((pair) => !pair.includes('='));
  if (wrong !== undefined) fail(`not k=v pair ${JSON.stringify(wrong)}`);
  const query = { kind: 'vault.read', path: path.replace(/^\/+|\/+$/g, ''), data } as const;
  const answer = run.recall(query);
  if (answer !== undefined && answer.value === undefined) run.miss(query);
  return answer?.value === undefined ? undefined : secretOf(answer.value);
}

function secrets(path: string, run: Run): Value {
  if (path === '') return [];
  return run.recall({ kind: 'vault.list', path: path.replace(/^\/+/, '') })?.value ?? [];
}

function file(path: string, run: Run): Value {
  return path === '' ? '' : (run.recall({ kind: 'file', path })?.value ?? '');
}

/** `nomadService "web"`, or `nomadService 3 "who asks" "web"` for the same three each time. */
function nomadService(args: readonly Value[], run: Run): Value {
  const [first, by, name] = args;
  if (args.length === 1 && typeof first === 'string') {
    return (run.recall(parseNomadServiceQuery(first))?.value ?? []).map(nomadInstanceOf);
  }
  const isChoice = typeof first === 'bigint' && typeof by === 'string' && typeof name === 'string';
  if (args.length !== 3 || !isChoice) {
    return fail('expected a name, or a number, an identifier and a name');
  }
  if (first < 1n) return fail(`bad number of instances: ${first}`);
  const query = parseNomadServiceQuery(name, { count: Number(first), by });
  return (run.recall(query)?.value ?? []).map(nomadInstanceOf);
}

function nomadServices(text: string, run: Run): Value {
  return (run.recall(parseNomadServicesQuery(text))?.value ?? []).map(summaryOf);
}

function nomadVar(path: string, run: Run): Value {
  if (path === '') return new Dict();
  const query = parseVariableQuery(path);
  const answer = run.recall(query);
  if (answer !== undefined && answer.value === undefined) run.miss(query);
  return answer?.value === undefined ? new Dict() : variableOf(answer.value);
}

function nomadVarExists(path: string, run: Run): Value {
  return path !== '' && run.recall(parseVariableQuery(path))?.value !== undefined;
}

function nomadVarList(prefix: string, run: Run, emptyIsFine: boolean): Value {
  const query = parseVariablesQuery(prefix);
  const found = run.recall(query)?.value ?? [];
  if (found.length === 0 && !emptyIsFine) run.miss(query);
  return found.map(variableMetaOf);
}
