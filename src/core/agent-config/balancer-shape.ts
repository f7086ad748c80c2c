/** The settings of the balancer. */
import { block, count, duration, flag, named, record, text, texts } from './setting.ts';
import type { Setting } from './setting.ts';

export const BALANCER_SETTING: Setting = block('The role that routes traffic to services.', {
  enabled: flag('Run it.'),
  strategy: text('Which instance is next: `rr` (in turn), `least` (fewest requests) or `rnd`; rr.'),
  tag_prefix: text('Of tags that are routes; `urlprefix-`.'),
  no_route_status: count('What is answered where no route matches; 404.'),
  dial_timeout: duration('To connect to an instance; 2s.'),
  response_timeout: duration('Until an answer begins; 60s. 0: as long as it takes.'),
  idle_timeout: duration('Without a byte in an answer or a tunnel; 10m. 0: for ever.'),
  drain_timeout: duration('What is under way may take so long to end; 30s.'),
  max_connections: count('Connections to one instance; 256.'),
  access_log: flag('A line in the log for each request.'),
  trusted_proxies: texts('Networks of proxies whose `X-Forwarded-*` are believed.'),
  certificate_dir: text('Directory with `NAME.pem`, certificate and key in one.'),
  routes_file: text('File with `route add` lines, applied after the tags; read again on SIGHUP.'),
  auth: named('Who may pass routes with `auth=NAME`.', {
    realm: text('Shown when asked; the name otherwise.'),
    users: record('Passwords by user.'),
  }),
});
