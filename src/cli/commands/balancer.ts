/** `balancer`: routes traffic as a program of its own; what it does is handed in. */
import { flag, type Command } from '../command.ts';
import { withDiscoveryFlags } from '../discovery-api.ts';

export function balancerCommand(run: Command['run']): Command {
  return {
    name: 'balancer',
    summary: 'Route traffic to healthy instances of services',
    description:
      'Runs the balancer that agents have inside as a program of its own: as a system job, or on a ' +
      'machine without an agent. It asks an agent for services with `urlprefix-` tags and for the ' +
      'keys with routes, and goes on with what it knows while the agent is away. SIGHUP reads the ' +
      'settings again; SIGTERM takes no new connections and finishes what is under way.',
    flags: withDiscoveryFlags(
      flag.string('addr', '<address>', 'Where traffic comes in; :9999 unless given.'),
      flag.string('tls-addr', '<address>', 'The same over TLS; none unless given.'),
      flag.string('ui-addr', '<address>', 'The page; 127.0.0.1:9998 unless given, "" for none.'),
      flag.list('config', '<path>', 'A file with a `balancer` block; later ones count.'),
    ),
    examples: [
      {
        line: 'muster balancer -addr :9999 -http-addr 127.0.0.1:8500',
        says: 'Route what the agent of this machine knows of:',
      },
    ],
    run,
  };
}
