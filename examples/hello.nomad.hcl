# A web server that says hello: one process, on a port the scheduler picks.
#
#   muster run examples/hello.nomad.hcl
#   muster status hello
#
# Change the greeting or the count and run it again; `muster plan` tells first what would happen.
job "hello" {
  datacenters = ["dc1"]

  group "web" {
    count = 1

    network {
      port "http" {}
    }

    task "server" {
      driver = "raw_exec"

      config {
        command = "node"
        args = ["-e", <<-JS
          const { createServer } = require('node:http');
          const { GREETING, NOMAD_ALLOC_ID, NOMAD_PORT_http } = process.env;
          const server = createServer((request, response) => {
            console.log(request.method, request.url);
            response.end(GREETING + ' from allocation ' + NOMAD_ALLOC_ID.slice(0, 8) + '\n');
          });
          server.listen(Number(NOMAD_PORT_http), () => console.log('listening on', NOMAD_PORT_http));
          process.on('SIGINT', () => process.exit(0));
          JS
        ]
      }

      env {
        GREETING = "Hello"
      }

      resources {
        cpu    = 50
        memory = 64
      }
    }
  }
}
