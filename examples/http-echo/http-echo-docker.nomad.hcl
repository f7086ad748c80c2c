job "http-echo" {
  datacenters = ["dc1"]

  group "echo" {
    network {
      port "http" {
        static = 8080
      }
    }

    task "server" {
      driver = "docker"

      config {
        image = "http-echo:1"
        ports = ["http"]
        args = [
          "-listen", ":8080",
          "-text", "hello world",
        ]
      }

      resources {
        cpu    = 100
        memory = 32
      }
    }
  }
}
