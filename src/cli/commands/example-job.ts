/** The job file that `muster init` writes: runs as it is on any machine with a shell. */

export const EXAMPLE_JOB = `# An example job. Run it with:  muster run example.nomad.hcl
#
# A job says what is to run. Its groups are placed on machines; the tasks of a
# group run together on one machine.
job "example" {
  # Machines of these datacenters may run it; "*" means any.
  datacenters = ["*"]

  # "service" runs until stopped, "batch" until it has finished, "system" once on
  # every machine.
  type = "service"

  # Only machines that meet every constraint are considered.
  constraint {
    attribute = "\${attr.kernel.name}"
    value     = "linux"
  }

  # How a new version replaces the old one: one instance at a time, each healthy
  # for ten seconds before the next.
  update {
    max_parallel     = 1
    min_healthy_time = "10s"
    healthy_deadline = "3m"
    auto_revert      = true
  }

  group "clock" {
    count = 1

    # A port of the machine, chosen when the group is placed. Write "static = 8080"
    # inside the braces to insist on one.
    network {
      port "http" {}
    }

    # A task that ends is started again on the same machine, twice in half an hour;
    # after that the group is placed elsewhere.
    restart {
      attempts = 2
      interval = "30m"
      delay    = "15s"
      mode     = "fail"
    }

    task "tick" {
      # "raw_exec" runs a plain process; "exec" isolates it; "docker" runs an image.
      driver = "raw_exec"

      config {
        command = "/bin/sh"
        args    = ["-c", "while true; do echo \\"$(date) on port $NOMAD_PORT_http\\"; sleep 5; done"]
      }

      env {
        GREETING = "hello from \${node.unique.name}"
      }

      # What the machine must have to spare: MHz and MiB.
      resources {
        cpu    = 100
        memory = 64
      }
    }
  }
}
`;

/** The same without its comments. */
export const EXAMPLE_JOB_SHORT = EXAMPLE_JOB.split('\n')
  .filter((line) => !/^\s*#/.test(line))
  .join('\n')
  .replace(/\n{2,}(\s*\})/g, '\n$1');
