# The balancer on every machine, as a job of its own: for machines whose agents run none, or to
# give it other settings than the agents'. Traffic comes in on 9999; the page is on 9998.
#
#   muster run examples/balancer.nomad.hcl
job "balancer" {
  type        = "system"
  datacenters = ["dc1"]

  update {
    max_parallel = 1
    stagger      = "30s"
  }

  group "balancer" {
    network {
      port "traffic" {
        static = 9999
      }
      port "page" {
        static = 9998
      }
    }

    service {
      name = "balancer"
      port = "traffic"

      check {
        type     = "http"
        port     = "page"
        path     = "/health"
        interval = "5s"
        timeout  = "2s"
      }
    }

    task "balancer" {
      driver = "raw_exec"

      config {
        command = "muster"
        args    = ["balancer", "-addr", ":9999", "-ui-addr", ":9998", "-config", "local/balancer.hcl"]
      }

      template {
        destination   = "local/balancer.hcl"
        change_mode   = "signal"
        change_signal = "SIGHUP"
        data          = <<EOF
balancer {
  strategy   = "{{ keyOrDefault "balancer/settings/strategy" "rr" }}"
  access_log = {{ keyOrDefault "balancer/settings/access_log" "false" }}
}
EOF
      }

      # What is under way when it is told to end is finished.
      kill_timeout = "35s"

      resources {
        cpu    = 200
        memory = 128
      }
    }
  }
}
