/** The flags of `muster agent` as settings of a configuration file. */
import { settingsOf, type ConfigFlags } from '../agent/load-config.ts';
import type { Invocation } from '../cli/command.ts';

/** @param devDir where `-dev` keeps its data */
export function flagsOf({ flags }: Invocation, devDir: string): ConfigFlags {
  const listed = (name: string): string[] | undefined => {
    const values = flags.list(name);
    return values.length === 0 ? undefined : [...values];
  };
  const meta = flags.list('meta').map((pair) => pair.split('=', 2));
  return {
    dev: flags.has('dev'),
    devDir,
    paths: flags.list('config'),
    settings: settingsOf([
      ['data_dir', flags.text('data-dir')],
      ['bind_addr', flags.text('bind')],
      ['server.enabled', flags.has('server') || undefined],
      ['client.enabled', flags.has('client') || undefined],
      ['name', flags.text('node') ?? flags.text('name')],
      ['client.node_class', flags.text('node-class')],
      ['client.node_pool', flags.text('node-pool')],
      ['client.meta', meta.length === 0 ? undefined : Object.fromEntries(meta)],
      ['region', flags.text('region')],
      ['datacenter', flags.text('dc')],
      ['server.bootstrap_expect', flags.number('bootstrap-expect')],
      ['client.servers', listed('servers')],
      ['server.start_join', listed('join')],
      ['server.retry_join', listed('retry-join')],
      ['server.encrypt', flags.text('encrypt')],
      ['log_level', flags.text('log-level')],
      ['log_json', flags.has('log-json') || undefined],
    ]),
  };
}
