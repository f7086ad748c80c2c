/** Where several servers keep their log, from what the configuration of a server says. */
import type { ConfigProblem } from './config-problem.ts';
import type { Reader } from './reader.ts';

export interface EtcdSettings {
  /** Of somebody else's etcd, `host:port`; none: each server manages a member of its own. */
  readonly endpoints: readonly string[];
  /** Of the log's keys; ends in a slash. Clusters that share an etcd differ in it. */
  readonly prefix: string;
  readonly user?: { readonly name: string; readonly password: string };
  /** True: TLS, trusting the system's authorities where no file is named. */
  readonly tls: boolean;
  /** PEM files. */
  readonly caFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
  /** The most that a managed member stores [bytes]; absent: 8 GiB. */
  readonly quotaBytes?: number;
}

const MIB = 1024 * 1024;

/** @param server the block `server` */
export function etcdSettings(server: Reader, problems: ConfigProblem[]): EtcdSettings {
  const block = server.block('etcd');
  const problem = (name: string, message: string): void => {
    problems.push({ path: `${block.path}.${name}`, message });
  };
  const endpoints = block.texts('endpoints');
  for (const each of endpoints) {
    if (!ENDPOINT.test(each)) problem('endpoints', `"${each}" is not host:port`);
  }
  const [name, password] = [block.text('username'), block.text('password')];
  if ((name === undefined) !== (password === undefined)) {
    problem('username', 'goes with `password`, or neither is given');
  }
  const files = {
    ...optional('caFile', block.text('ca_file')),
    ...optional('certFile', block.text('cert_file')),
    ...optional('keyFile', block.text('key_file')),
  };
  if ('certFile' in files !== 'keyFile' in files) {
    problem('cert_file', 'goes with `key_file`, or neither is given');
  }
  const prefix = block.text('prefix', 'muster/');
  if (!/^[^/].*\/$/.test(prefix)) problem('prefix', `"${prefix}" does not end in a slash`);
  const quotaMib = block.count('quota_mb');
  if (quotaMib !== undefined && (quotaMib < 16 || quotaMib > 65_536)) {
    problem('quota_mb', `${quotaMib} is not between 16 and 65536`);
  }
  const isHttps = endpoints.some((each) => each.startsWith('https://'));
  return {
    ...{ endpoints, prefix, ...files, tls: isHttps || Object.keys(files).length > 0 },
    ...(name === undefined || password === undefined ? {} : { user: { name, password } }),
    ...(quotaMib === undefined ? {} : { quotaBytes: quotaMib * MIB }),
  };
}

const ENDPOINT = /^(https?:\/\/)?(\[[0-9a-fA-F:]+\]|[^/:\s]+):\d+\/?$/;

function optional<K extends string>(
  key: K,
  value: string | undefined,
): { readonly [P in K]?: string } {
  return (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: string };
}
