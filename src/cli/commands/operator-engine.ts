/** `operator engine migrate`: from a server alone to several; what it does is handed in. */
import { flag, type Command } from '../command.ts';

export function operatorEngineMigrate(run: Command['run']): Command {
  return {
    name: 'operator engine migrate',
    summary: 'Move the log of a single server to etcd, with its state',
    description:
      'Run it where the server ran alone, while its agent is stopped, with the configuration it is ' +
      'to have from now on: `server { bootstrap_expect = 3 }` or `server { etcd { endpoints } }`. It ' +
      'copies every entry, and puts the old log aside as `log.migrated`. Broken off, it can be run ' +
      'again. Start this server next, and then the others, which begin empty and follow.',
    flags: [
      flag.list('config', '<path>', 'A configuration file or a directory of them; repeatable.'),
      flag.string('data-dir', '<path>', 'Where the server keeps everything.'),
    ],
    examples: [
      {
        line: 'muster operator engine migrate -config=/etc/muster',
        says: 'Move what this machine has, before two more servers join it:',
      },
    ],
    run,
  };
}
