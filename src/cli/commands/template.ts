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
    flag.list(
      'config',
      '<path>',
      'A file of settings, in HCL or JSON, or a directory of them; later ones count.',
    ),
    flag.boolean('once', 'Render everything once, and end.'),
    flag.boolean('dry', 'Print what would be written; write and run nothing.'),
    flag.boolean('parse-only', 'Look whether settings and templates are sound, and end.'),
    flag.string(
      'wait',
      '<min:max>',
      'After the first rendering, wait until nothing has changed for so long, at most max.',
    ),
    flag.string('exec', '<command>', 'A program to keep running, told of each change.'),
    flag.string('exec-reload-signal', '<name>', 'Sent to it; else it is started again.'),
    flag.string('exec-kill-signal', '<name>', 'Ends it; SIGINT unless given.'),
    flag.string('exec-kill-timeout', '<time>', 'Before it is killed; 30s unless given.'),
    flag.string('exec-splay', '<time>', 'Wait a random part of it before it is told.'),
    flag.string('kill-signal', '<name>', 'Ends this; SIGINT and SIGTERM always do.'),
    flag.string('reload-signal', '<name>', 'Reads settings again; SIGHUP unless given.'),
    flag.string('pid-file', '<path>', 'Holds the number of the process while it runs.'),
    flag.string('log-level', '<level>', 'trace, debug, info, warn or err; warn unless given.'),
    flag.string('default-left-delimiter', '<text>', 'Of templates that say nothing.'),
    flag.string('default-right-delimiter', '<text>', 'Of templates that say nothing.'),
    flag.boolean(
      'template-error-fatal',
      'End when a template goes wrong; so unless -template-error-fatal=false.',
    ),
    flag.string('consul-addr', '<address>', 'The same as -http-addr.'),
    flag.string('consul-token', '<token>', 'The same as -token.'),
    flag.string('consul-token-file', '<path>', 'The same as -token-file.'),
    flag.boolean('consul-ssl', 'Ask by https where the address says nothing.'),
    flag.boolean('consul-retry', 'Ask again after a failure; so unless -consul-retry=false.'),
    flag.number('consul-retry-attempts', '<count>', 'Failures in a row that end it; 0: none.'),
    flag.string('consul-retry-backoff', '<time>', 'Before the first attempt; doubles. 250ms.'),
    flag.string('consul-retry-max-backoff', '<time>', 'And at most so long; 1m. 0: no bound.'),
    flag.string('retry', '<time>', 'The same as -consul-retry-backoff.'),
    flag.boolean('err-on-failed-lookup', 'End at the first failure.'),
    flag.string('nomad-namespace', '<name>', 'Where variables and services of jobs are.'),
    flag.string('max-stale', '<time>', 'Accepted: any server answers, from what it has.'),
    flag.boolean('dedup', 'Accepted: each agent answers from what it has.'),
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
