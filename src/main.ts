/** Turns the command line into a command. */
import { Command } from 'commander';
import { VERSION } from './version.ts';

const program = new Command('muster');
program
  .command('version')
  .description('print the version')
  .action(() => console.log(`Muster v${VERSION}`));
program.parse();
