/** Checks that are commands inside a container, through its engine. */
import type { JsonObject } from '../../base/json.ts';
import { explain } from '../../base/failure.ts';
import { exitVerdict, failedVerdict, timeoutVerdict } from '../../core/checks/verdict.ts';
import type { DockerProbe } from '../../core/model/health-check.ts';
import type { ProbeLimits, ProbeResult } from '../../ports/check-probes.ts';
import { framedOutput } from '../drivers/docker/exec-session.ts';
import type { Engine } from '../drivers/docker/engine.ts';
import { descendantsOf } from '../proc/process.ts';
import { startDeadline } from './deadline.ts';
import { SCRIPT_BYTES_MAX } from './script.ts';
import { Tail } from './tail.ts';

/** Runs a command in a container once. */
export async function checkDocker(
  engine: Engine,
  probe: DockerProbe,
  { limits, signal }: { readonly limits: ProbeLimits; readonly signal: AbortSignal },
): Promise<ProbeResult> {
  const deadline = startDeadline(limits.timeoutMs, signal);
  const tail = new Tail(limits.outputMaxBytes);
  try {
    const id = await create(engine, probe, deadline.signal);
    await listen(engine, id, tail, deadline.signal);
    const { pid, code } = await inspect(engine, id);
    if (code === undefined) {
      killAll(pid);
      if (deadline.isOver()) return timeoutVerdict(limits.timeoutMs, tail.text());
      return failedVerdict(`killed: wrote more than ${SCRIPT_BYTES_MAX} bytes\n${tail.text()}`);
    }
    return exitVerdict(code, tail.text());
  } catch (error) {
    if (deadline.isOver()) return timeoutVerdict(limits.timeoutMs, tail.text());
    return failedVerdict(explain(error));
  } finally {
    deadline.end();
  }
}

async function create(engine: Engine, probe: DockerProbe, signal: AbortSignal): Promise<string> {
  const made = (await engine.call({
    method: 'POST',
    path: `/containers/${encodeURIComponent(probe.containerId)}/exec`,
    body: { AttachStdout: true, AttachStderr: true, Tty: false, Cmd: [...probe.args] },
    signal,
  })) as JsonObject;
  return made['Id'] as string;
}

/** Starts it and reads what it writes until it ends, writes too much, or the signal is given. */
async function listen(engine: Engine, id: string, tail: Tail, signal: AbortSignal): Promise<void> {
  const socket = await engine.hijack(`/exec/${id}/start`, { Detach: false, Tty: false });
  const end = (): void => void socket.destroy();
  signal.addEventListener('abort', end, { once: true });
  if (signal.aborted) end();
  try {
    for await (const { bytes } of framedOutput(socket)) {
      tail.add(bytes);
      if (tail.total > SCRIPT_BYTES_MAX) break;
    }
  } catch (error) {
    // A connection that we ended ourselves says so as an error.
    if (!signal.aborted) throw error;
  } finally {
    signal.removeEventListener('abort', end);
    socket.destroy();
  }
}

/** The engine notices the exit a moment after the output ended. */
async function inspect(
  engine: Engine,
  id: string,
): Promise<{ readonly pid: number; readonly code: number | undefined }> {
  for (let tries = 0; ; tries++) {
    const found = (await engine.call({ method: 'GET', path: `/exec/${id}/json` })) as JsonObject;
    const pid = Number(found['Pid'] ?? 0);
    if (found['Running'] !== true) return { pid, code: Number(found['ExitCode'] ?? -1) };
    if (tries === INSPECT_TRIES) return { pid, code: undefined };
    await new Promise((resolve) => setTimeout(resolve, INSPECT_PAUSE_MS));
  }
}

const INSPECT_TRIES = 4;
const INSPECT_PAUSE_MS = 50;

/** The engine cannot end what it began in a container; its processes are ours to see. */
function killAll(pid: number): void {
  if (pid <= 1) return;
  for (const each of [pid, ...descendantsOf(pid)]) {
    try {
      process.kill(each, 'SIGKILL');
    } catch {
      // It ended meanwhile, or runs on another machine.
    }
  }
}
