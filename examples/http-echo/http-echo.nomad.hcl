job "http-echo" {
  datacenters = ["dc1"]

  group "echo" {
    network {
      port "http" {
        static = 8080
      }
    }

    task "server" {
      driver = "raw_exec"

      config {
        command = "node"
        args = [
          abspath("http-echo.mjs"),
          "-listen", ":8080",
          "-text", "hello world",
        ]
      }

      resources {
        cpu    = 100
        memory = 64
      }
    }
  }
}
