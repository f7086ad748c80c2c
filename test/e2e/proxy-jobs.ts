/** Jobs for the tests of proxies that templates feed: the proxies, and what they lead to. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AgentProcess } from './agent-process.ts';

const PROGRAM = join(import.meta.dirname, '..', '..', 'bin', 'muster');

/** Answers its name, and ends with grace: what is under way is answered first. */
const SERVER = `
const { createServer } = require('node:http');
const name = process.env.NAME + ' ' + process.env.NOMAD_ALLOC_ID;
const server = createServer((_, answer) => setTimeout(() => answer.end(name), 5));
server.keepAliveTimeout = 60_000;
server.listen(Number(process.env.NOMAD_PORT_http), '127.0.0.1');
process.on('SIGTERM', () => server.close(() => process.exit(0)));
`;

const NGINX = `
{{- $web := service "web" -}}
worker_processes 1;
daemon off;
pid DIR/nginx.pid;
error_log stderr warn;
events { worker_connections 512; }
http {
  access_log off;
  client_body_temp_path DIR/body; proxy_temp_path DIR/proxy; fastcgi_temp_path DIR/fastcgi;
  uwsgi_temp_path DIR/uwsgi; scgi_temp_path DIR/scgi;
  {{- if $web }}
  upstream web {
    {{- range $web }}
    server {{ .Address }}:{{ .Port }};
    {{- end }}
  }
  {{- end }}
  server {
    listen 127.0.0.1:PORT;
    location / { {{ if $web }}proxy_pass http://web;{{ else }}return 503;{{ end }} }
  }
}
`;

const HAPROXY = `
{{- $web := service "web" -}}
global
  maxconn 512
  stats socket DIR/haproxy.sock level admin expose-fd listeners
  hard-stop-after 30s
defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
  retries 3
  option redispatch
frontend in
  bind 127.0.0.1:PORT
  {{- if $web }}
  default_backend web
  {{- else }}
  http-request deny deny_status 503
  {{- end }}
{{- if $web }}
backend web
  {{- range $at, $one := $web }}
  server s{{ $at }} {{ $one.Address }}:{{ $one.Port }}
  {{- end }}
{{- end }}
`;

export interface ProxyPorts {
  readonly nginx: number;
  readonly haproxy: number;
}

/** Where the proxies' templates and files are; short, as one is a socket. */
function proxyDir(agent: AgentProcess, name: string): string {
  const dir = join(agent.dir, name);
  mkdirSync(dir, { recursive: true });
  return dir;
}

/** A system job with both proxies, each in the way that its users have: see the tasks. */
export function proxiesJob(agent: AgentProcess, ports: ProxyPorts): string {
  const nginx = proxyDir(agent, 'nginx');
  const haproxy = proxyDir(agent, 'haproxy');
  const fill = (text: string, dir: string, port: number): string =>
    text.replaceAll('DIR', dir).replaceAll('PORT', String(port));
  writeFileSync(join(nginx, 'in.ctmpl'), fill(NGINX, nginx, ports.nginx));
  writeFileSync(join(haproxy, 'in.ctmpl'), fill(HAPROXY, haproxy, ports.haproxy));
  const address = `127.0.0.1:${agent.discoveryPort}`;
  const templated = (name: string, args: readonly string[], more = ''): string => `
    task "${name}" {
      driver = "raw_exec"
      config {
        command = "${PROGRAM}"
        args    = ${JSON.stringify(['template', '-http-addr', address, ...args])}
      }
      resources {
        cpu    = 20
        memory = 64
      }
      ${more}
    }`;
  const rendered = `${nginx}/in.ctmpl:${nginx}/nginx.conf`;
  const reload = `nginx -s reload -c ${nginx}/nginx.conf`;
  const running = `exec haproxy -W -f ${haproxy}/haproxy.cfg`;
  return `
job "proxies" {
  datacenters = ["dc1"]
  type        = "system"
  group "nginx" {
    ${templated('first', ['-once', '-template', rendered], 'lifecycle { hook = "prestart" }')}
    task "nginx" {
      driver = "raw_exec"
      config {
        command = "nginx"
        args    = ["-c", "${nginx}/nginx.conf"]
      }
      resources {
        cpu    = 20
        memory = 64
      }
    }
    ${templated(
      'feeder',
      ['-template', `${rendered}:${reload}`],
      'lifecycle {\n hook = "poststart"\n sidecar = true\n }',
    )}
  }
  group "haproxy" {
    ${templated('haproxy', [
      ...['-template', `${haproxy}/in.ctmpl:${haproxy}/haproxy.cfg`],
      ...['-exec', running, '-exec-reload-signal', 'SIGUSR2'],
    ])}
  }
}`;
}

/** Servers that answer \`NAME ALLOC\`. */
export function webJob(name: string, count: number): string {
  return `
job "web" {
  datacenters = ["dc1"]
  update {
    max_parallel     = 1
    min_healthy_time = "1s"
    healthy_deadline = "2m"
  }
  group "web" {
    count = ${count}
    network {
      port "http" {}
    }
    shutdown_delay = "5s"
    task "server" {
      driver = "raw_exec"
      config {
        command = "${process.execPath}"
        args    = ["-e", ${JSON.stringify(SERVER)}]
      }
      env { NAME = "${name}" }
      kill_signal = "SIGTERM"
      resources {
        cpu    = 20
        memory = 64
      }
    }
    service {
      name         = "web"
      port         = "http"
      address_mode = "host"
      check {
        type     = "http"
        path     = "/"
        interval = "1s"
        timeout  = "10s"
      }
    }
  }
}`;
}

/** One of a pair that asks the other: reads its peers again when it is told to, and only then. */
const PAIR = `
const { createServer, get } = require('node:http');
const { readFileSync } = require('node:fs');
const peers = () => readFileSync(process.env.NOMAD_TASK_DIR + '/peers', 'utf8').split(' ').filter(Boolean);
let upstreams = peers();
let turn = 0;
process.on('SIGHUP', () => (upstreams = peers()));
createServer((request, answer) => {
  const own = { from: process.env.NOMAD_JOB_NAME, alloc: process.env.NOMAD_ALLOC_ID, pid: process.pid };
  if (request.url === '/data') return answer.end(JSON.stringify(own));
  const peer = upstreams[turn++ % Math.max(1, upstreams.length)];
  if (peer === undefined) return answer.writeHead(503).end('{}');
  get('http://' + peer + '/data', { agent: false }, (reply) => {
    let text = '';
    reply.on('data', (piece) => (text += piece));
    reply.on('end', () => answer.end(JSON.stringify({ ...own, peer: JSON.parse(text) })));
  }).on('error', () => answer.writeHead(502).end('{}'));
}).listen(Number(process.env.NOMAD_PORT_http), '127.0.0.1');
`;

/** A service that finds another one, and is told by SIGHUP when that has changed. */
export function pairJob(name: string, other: string, count: number): string {
  return `
job "${name}" {
  datacenters = ["dc1"]
  group "app" {
    count = ${count}
    network {
      port "http" {}
    }
    task "app" {
      driver = "raw_exec"
      config {
        command = "${process.execPath}"
        args    = ["-e", ${JSON.stringify(PAIR)}]
      }
      template {
        data          = "{{ range service \\"${other}\\" }}{{ .Address }}:{{ .Port }} {{ end }}"
        destination   = "local/peers"
        change_mode   = "signal"
        change_signal = "SIGHUP"
        splay         = "0s"
      }
      resources {
        cpu    = 20
        memory = 64
      }
    }
    service {
      name = "${name}"
      port = "http"
      check {
        type     = "tcp"
        interval = "1s"
        timeout  = "10s"
      }
    }
  }
}`;
}
