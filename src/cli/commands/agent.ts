/** `muster agent` and `muster keeper`: the processes; what they do is handed in. */
import { flag, type Command } from '../command.ts';

type Run = Command['run'];

export function agentCommand(run: Run): Command {
  return {
    name: 'agent',
    summary: 'Run an agent on this machine',
    description:
      'Runs the server and client that its configuration asks for, in the foreground. SIGTERM ends it and leaves the tasks to the keeper; SIGHUP reads the configuration again. With -dev it is both server and client, keeps nothing, and ends its tasks with itself.',
    arguments: [],
    flags: [
      flag.boolean('dev', 'Server and client in one, in memory, for trying things.'),
      flag.list(
        'config',
        '<path>',
        'A configuration file, or a directory of them, merged in order.',
      ),
      flag.string('data-dir', '<path>', 'Where it keeps its state.'),
      flag.string('bind', '<address>', 'Where it listens; 127.0.0.1 unless given.'),
      flag.boolean('server', 'Be a server.'),
      flag.boolean('client', 'Be a client.'),
      flag.string('name', '<name>', 'Its name; that of the machine unless given.'),
      flag.string('node', '<name>', 'The same as -name.'),
      flag.string('node-class', '<class>', 'Of the client, for constraints.'),
      flag.string('node-pool', '<pool>', 'Of the client.'),
      flag.list('meta', '<key=value>', 'Of the client, for constraints.'),
      flag.string('region', '<region>', 'Its region; "global" unless given.'),
      flag.string('dc', '<datacenter>', 'Its datacenter; "dc1" unless given.'),
      flag.number('bootstrap-expect', '<count>', 'How many servers there are to be.'),
      flag.list('servers', '<address>', 'A server for the client to talk to.'),
      flag.list('join', '<address>', 'A server to join once, at the start.'),
      flag.list('retry-join', '<address>', 'A server to join, again and again until it answers.'),
      flag.string('encrypt', '<key>', 'Secret shared by all agents.'),
      flag.string('log-level', '<level>', 'trace, debug, info, warn or error.'),
      flag.boolean('log-json', 'Log lines as JSON.'),
    ],
    examples: [
      { line: 'muster agent -dev', says: 'Try things:' },
      { line: 'muster agent -config /etc/muster.d', says: 'As a service:' },
    ],
    run,
  };
}

export function keeperCommand(run: Run): Command {
  return {
    name: 'keeper',
    summary: 'Hold the tasks of an agent; started by it',
    arguments: ['[arguments...]'],
    flags: [],
    examples: [],
    passThrough: true,
    hidden: true,
    run,
  };
}

export function versionCommand(version: string): Command {
  return {
    name: 'version',
    summary: 'Print the version',
    arguments: [],
    flags: [],
    examples: [{ line: 'muster version', says: 'This one:' }],
    run: (_invocation, world) => {
      world.out(`Muster v${version}\n`);
      return Promise.resolve(0);
    },
  };
}
