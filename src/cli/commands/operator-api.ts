/** `operator api`: any request of the jobs API, as it is; what comes back is printed as it came. */
import type { WireRequest } from '../../api/api.ts';
import { HEADERS } from '../../api/common-query.ts';
import { Failure } from '../../base/failure.ts';
import { agentAddress, contextOf } from '../agent-api.ts';
import { flag, type Command, type FlagValues, type Invocation } from '../command.ts';
import { withApiFlags } from '../session.ts';
import type { World } from '../world.ts';

/** Methods that have no body: standard input is left alone. */
const BARE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'DELETE']);

export const operatorApi: Command = {
  name: 'operator api',
  summary: 'Send any request to the API of the agent',
  description:
    'The flags and the environment say whom to ask, as for every command. What is piped in is the body, and makes the request a POST unless -X says otherwise; with -X GET, HEAD or DELETE nothing is read. Exits with 1 when the answer is a refusal, which is printed, too.',
  arguments: ['<path>'],
  flags: withApiFlags(
    flag.string('X', '<method>', 'The method; GET, or POST where there is a body.'),
    flag.list('H', '<header>', 'A header, as "Name: value".'),
    flag.string('filter', '<expression>', 'Sent as the parameter "filter".'),
    flag.boolean('dryrun', 'Print a line of curl that does the same, and send nothing.'),
    flag.boolean('verbose', 'Print the heads of request and answer on standard error.'),
  ),
  examples: [
    { line: 'muster operator api /v1/jobs', says: 'What the API answers:' },
    { line: 'muster operator api -dryrun /v1/jobs', says: 'As a line of curl:' },
  ],
  run: async (invocation, world) => {
    const { flags } = invocation;
    const address = agentAddress(flags, world.env);
    const request = await requestOf(invocation, world);
    if (flags.has('dryrun')) {
      world.out(`${curl(address, request)}\n`);
      return 0;
    }
    if (flags.has('verbose')) {
      world.err(`* ${request.method} ${address}${request.path}\n`);
      for (const name of Object.keys(request.headers)) world.err(`* ${name}\n`);
    }
    const answer = await world.connect(address).send(request, world.signal);
    if (flags.has('verbose')) {
      world.err(`< ${answer.status}\n`);
      for (const [name, value] of Object.entries(answer.headers)) {
        world.err(`< ${name}: ${value ?? ''}\n`);
      }
    }
    for await (const bytes of answer.body) await world.outBytes(bytes);
    return answer.status < 400 ? 0 : 1;
  },
};

async function requestOf({ args, flags }: Invocation, world: World): Promise<WireRequest> {
  const typed = flags.text('X')?.toUpperCase();
  const isRead = typed === undefined ? !world.input.isTerminal : !BARE.has(typed);
  const body = isRead ? await world.files.readBytes('-') : NO_BYTES;
  const method = typed ?? (body.length > 0 ? 'POST' : 'GET');
  return {
    method,
    path: pathOf(args[0] ?? '', flags, world.env),
    headers: headersOf(flags, world.env),
    ...(body.length > 0 ? { body } : {}),
  };
}

const NO_BYTES = new Uint8Array();

/** With what the flags and the environment name, unless the path names it itself. */
function pathOf(typed: string, flags: FlagValues, env: World['env']): string {
  const [path = '', query = ''] = splitAt(typed, '?');
  const { region, namespace } = contextOf(flags, env);
  const given = { region, namespace, filter: flags.text('filter') };
  const own = query.split('&').filter((part) => part !== '');
  const more = Object.entries(given).flatMap(([name, value]) => {
    const isNamed = own.some((part) => part === name || part.startsWith(`${name}=`));
    return value === undefined || isNamed ? [] : [`${name}=${encodeURIComponent(value)}`];
  });
  const all = [...own, ...more].join('&');
  return `${path.startsWith('/') ? '' : '/'}${path}${all === '' ? '' : `?${all}`}`;
}

function headersOf(flags: FlagValues, env: World['env']): Readonly<Record<string, string>> {
  const { token } = contextOf(flags, env);
  const typed = flags.list('H').map((header) => {
    const [name = '', value] = splitAt(header, ':');
    if (name.trim() === '' || value === undefined) {
      throw new Failure('invalid', `-H is "Name: value", not "${header}"`);
    }
    return [name.trim(), value.trim()] as const;
  });
  return {
    ...(token === undefined ? {} : { [HEADERS.token]: token }),
    ...Object.fromEntries(typed),
  };
}

function splitAt(text: string, mark: string): readonly string[] {
  const at = text.indexOf(mark);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

/** Secrets are not printed: the token is that of the environment. */
function curl(address: string, { method, path, headers, body }: WireRequest): string {
  const head = Object.entries(headers).map(([name, value]) =>
    name === HEADERS.token ? `-H "${name}: $NOMAD_TOKEN"` : `-H ${quoted(`${name}: ${value}`)}`,
  );
  const rest = body === undefined ? [] : ['--data-binary @-'];
  return ['curl', `-X ${method}`, ...head, ...rest, quoted(`${address}${path}`)].join(' ');
}

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
