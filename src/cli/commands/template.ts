/** `template`: renders files from templates and keeps them so. Source: consul-template's manual. */
import { flag, type Command } from '../command.ts';
import { withDiscoveryFlags } from '../discovery-api.ts';

export const template: Command = {
  name: 'template',
  summary: 'Render files from what the cluster knows, and keep them so',
  description:
    'Renders Go templates with the functions of consul-template. A file is written when all that ' +
    'its template asks for has answered, and again when that changes; its command runs when its ' +
    'content has changed.',
  flags: withDiscoveryFlags(
    flag.list('template', '<in:out:command>', 'A template, where it goes, and what runs then.'),
    flag.list('config', '<path>', 'A file of settings, in HCL or JSON; later ones count.'),
    flag.boolean('once', 'Render everything once, and end.'),
    flag.boolean('dry', 'Print what would be written; write and run nothing.'),
    flag.string('wait', '<min:max>', 'Wait until nothing has changed for so long, at most max.'),
    flag.string('exec', '<command>', 'A program to keep running, told of each change.'),
    flag.string('exec-reload-signal', '<name>', 'Sent to it; else it is started again.'),
    flag.string('exec-kill-signal', '<name>', 'Ends it; SIGTERM unless given.'),
    flag.string('exec-kill-timeout', '<time>', 'Before it is killed; 30s unless given.'),
    flag.string('exec-splay', '<time>', 'Wait a random part of it before it is told.'),
    flag.string('log-level', '<level>', 'trace, debug, info, warn or err; warn unless given.'),
    flag.string('consul-addr', '<address>', 'The same as -http-addr.'),
    flag.string('consul-token', '<token>', 'The same as -token.'),
  ),
  examples: [
    {
      line: 'muster template -template "nginx.tpl:/etc/nginx/upstream.conf:nginx -s reload"',
      says: 'Keep a web server told of its backends:',
    },
    {
      line: 'muster template -once -dry -template "in.tpl:out.conf"',
      says: 'Look at what a template gives:',
    },
  ],
  // The language and its libraries are loaded for this command only.
  run: async (invocation, world) =>
    (await import('../template-job.ts')).renderTemplates(invocation, world),
};
