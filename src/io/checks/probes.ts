/** All kinds of checks, on the real world. */
import type {
  CheckProbes,
  ProbeLimits,
  ProbeResult,
  RunnableProbe,
} from '../../ports/check-probes.ts';
import { Engine } from '../drivers/docker/engine.ts';
import { checkDocker } from './docker.ts';
import { checkGrpc, checkH2 } from './http2.ts';
import { HttpChecks } from './http.ts';
import { checkScript } from './script.ts';
import { checkTcp, checkUdp } from './socket.ts';

export interface ProbesOptions {
  /** How HTTP checks introduce themselves. */
  readonly userAgent: string;
  /** Path of the container engine's socket. */
  readonly dockerSocket: string;
}

export class MachineProbes implements CheckProbes {
  readonly #http: HttpChecks;
  readonly #dockerSocket: string;
  #engine: Engine | undefined;

  constructor(options: ProbesOptions) {
    this.#http = new HttpChecks(options.userAgent);
    this.#dockerSocket = options.dockerSocket;
  }

  run(probe: RunnableProbe, limits: ProbeLimits, signal: AbortSignal): Promise<ProbeResult> {
    switch (probe.kind) {
      case 'http':
        return this.#http.run(probe, limits, signal);
      case 'h2ping':
        return checkH2(probe, limits, signal);
      case 'tcp':
        return checkTcp(probe, limits, signal);
      case 'udp':
        return checkUdp(probe, limits, signal);
      case 'grpc':
        return checkGrpc(probe, limits, signal);
      case 'script':
        return checkScript(probe, limits, signal);
      case 'docker':
        this.#engine ??= new Engine(this.#dockerSocket);
        return checkDocker(this.#engine, probe, { limits, signal });
    }
  }

  /** Lets go of all connections. */
  async close(): Promise<void> {
    await Promise.all([this.#http.close(), this.#engine?.close()]);
  }
}
