/** Prints how long a job file of 5,000 lines takes to parse: the median of several runs [ms]. */
import { parseConfig } from './parse.ts';
import { Source } from './source.ts';

const GROUP = `  group "g" {
    count = 3
    network {
      port "http" { to = 8080 }
    }
    # what it runs
    task "server" {
      driver = "docker"
      config {
        image = "registry.example/app:\${var.version}"
        args  = ["-listen", ":\${NOMAD_PORT_http}", "-name", "\${NOMAD_JOB_NAME}"]
      }
      env {
        LEVEL = upper("info")
        LIMIT = 3 * (var.base + 1)
      }
      template {
        destination = "local/config"
        data = <<-EOT
          {{ range service "db" }}
          server {{ .Address }}:{{ .Port }}
          {{ end }}
        EOT
      }
      resources {
        cpu    = 500
        memory = 256
      }
    }
  }
`;
const lines = 5_000;
const groups = Math.floor(lines / GROUP.split('\n').length);
const text = `job "bench" {\n${GROUP.repeat(groups)}}\n`;
const runs: number[] = [];
for (let i = 0; i < 15; i++) {
  const started = performance.now();
  const { diagnostics } = parseConfig(new Source('bench.hcl', text));
  runs.push(performance.now() - started);
  if (diagnostics.length > 0) throw new RangeError('the bench file must parse');
}
const first = runs[0] ?? 0;
runs.sort((a, b) => a - b);
const median = runs[Math.floor(runs.length / 2)] ?? 0;
console.log(
  `hcl parse, ${text.split('\n').length} lines: ${median.toFixed(1)} ms (first run ${first.toFixed(1)} ms)`,
);
