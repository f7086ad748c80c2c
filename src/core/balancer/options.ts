/** The `name=value` options of tags and `route add` lines. */
import { isNetwork } from './access.ts';
import { DEFAULT_OPTIONS, type Redirect, type RuleOptions, type RuleSource } from './rule.ts';

/** What was written cannot be followed, and why. */
export type Refusal = Readonly<{ refused: string }>;

export function isRefusal(value: object): value is Refusal {
  return 'refused' in value;
}

type Edit = { -readonly [K in keyof RuleOptions]: RuleOptions[K] };

/** Takes an option; answers what is wrong with it, or nothing. */
type Take = (options: Edit, value: string) => string | undefined;

const PROTOCOLS: Readonly<Record<string, RuleOptions['proto']>> = {
  http: 'http',
  https: 'https',
  ws: 'http',
  wss: 'https',
  tcp: 'tcp',
  'tcp+sni': 'tcp+sni',
};

const TAKES: Readonly<Record<string, Take>> = {
  proto(options, value) {
    const proto = Object.hasOwn(PROTOCOLS, value) ? PROTOCOLS[value] : undefined;
    if (proto === undefined) return `proto "${value}" is none of http, https, tcp, tcp+sni`;
    options.proto = proto;
    return undefined;
  },
  strip(options, value) {
    options.strip = value;
    return beginsWithSlash('strip', value);
  },
  prepend(options, value) {
    options.prepend = value;
    if (!/^[!-~]*$/.test(value)) return `prepend "${value}" holds what no path may`;
    return beginsWithSlash('prepend', value);
  },
  host(options, value) {
    options.host = value;
    return /^[\w.:[\]-]+$/.test(value) ? undefined : `host "${value}" is no host`;
  },
  weight(options, value) {
    const weight = Number(value);
    if (value === '' || !Number.isFinite(weight)) return `weight "${value}" is no number`;
    // Negative: no fixed share, as Fabio has it.
    if (weight >= 0) options.weight = weight;
    return undefined;
  },
  redirect(options, value) {
    const redirect = parseRedirect(value);
    if (redirect === undefined) return `redirect "${value}" is not CODE or CODE,URL`;
    options.redirect = redirect;
    return undefined;
  },
  auth(options, value) {
    options.auth = value;
    return value === '' ? 'auth has no name' : undefined;
  },
  sticky(options, value) {
    options.sticky = value;
    return /^[\w-]{1,64}$/.test(value) ? undefined : `sticky "${value}" is no name of a cookie`;
  },
  tlsskipverify(options, value) {
    options.tlsSkipVerify = value === 'true';
    return undefined;
  },
  pxyproto(options, value) {
    options.proxyProtocol = value === 'true';
    return undefined;
  },
  allow(options, value) {
    options.allow = networks(value);
    return unknownNetwork('allow', options.allow);
  },
  deny(options, value) {
    options.deny = networks(value);
    return unknownNetwork('deny', options.deny);
  },
  // Names that Fabio registers for a route: the catalog has the service already.
  register: () => undefined,
};

/** Reads options; one that is not known is a refusal, so that a slip does not open a route. */
export function parseOptions(words: readonly string[]): RuleOptions | Refusal {
  const options: Edit = { ...DEFAULT_OPTIONS };
  for (const word of words) {
    const at = word.indexOf('=');
    const name = at < 0 ? word : word.slice(0, at);
    const take = Object.hasOwn(TAKES, name) ? TAKES[name] : undefined;
    if (take === undefined) return { refused: `there is no option "${name}"` };
    const wrong = take(options, at < 0 ? 'true' : word.slice(at + 1));
    if (wrong !== undefined) return { refused: wrong };
  }
  return options;
}

/**
 * Reads `:port`, `/path` and `host/path`. Which of them may stand depends on the protocol.
 */
export function parseSource(text: string, proto: RuleOptions['proto']): RuleSource | Refusal {
  if (text.startsWith(':')) {
    const port = Number(text.slice(1));
    if (!/^:\d{1,5}$/.test(text) || port === 0 || port > 65_535) {
      return { refused: `"${text}" is no port` };
    }
    if (proto !== 'tcp') return { refused: `the port ${text} needs proto=tcp` };
    return { host: '', path: '', port };
  }
  if (proto === 'tcp') return { refused: `proto=tcp needs a port, not "${text}"` };
  const slash = text.indexOf('/');
  if (slash < 0) return { refused: `"${text}" has no slash` };
  const host = text.slice(0, slash).toLowerCase();
  if (!/^[\w.:*[\]-]*$/.test(host)) return { refused: `"${host}" is no host` };
  if (proto === 'tcp+sni' && host === '') return { refused: 'proto=tcp+sni needs a host' };
  return { host, path: text.slice(slash), port: 0 };
}

function beginsWithSlash(name: string, value: string): string | undefined {
  return value.startsWith('/') ? undefined : `${name} "${value}" does not begin with a slash`;
}

function parseRedirect(value: string): Redirect | undefined {
  const comma = value.indexOf(',');
  const status = Number(comma < 0 ? value : value.slice(0, comma));
  const to = comma < 0 ? '' : value.slice(comma + 1);
  if (!Number.isInteger(status) || status < 300 || status > 399) return undefined;
  if (!/^(https?:\/\/|\/|\$path|$)[\x21-\x7e]*$/.test(to)) return undefined;
  return { status, to };
}

function networks(value: string): readonly string[] {
  return value.split(',').map((each) => each.replace(/^ip:/, ''));
}

function unknownNetwork(name: string, list: readonly string[]): string | undefined {
  const wrong = list.find((each) => !isNetwork(each));
  return wrong === undefined ? undefined : `${name} "${wrong}" is no address or network`;
}
