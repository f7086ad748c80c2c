/**
 * `qemu`: a virtual machine from an image. The emulator is a plain process under the keeper; its
 * network is its own, with ports of the host led in.
 */
import { existsSync, openSync, closeSync, readSync, realpathSync } from 'node:fs';
import { connect } from 'node:net';
import { basename, join, resolve } from 'node:path';
import { Failure } from '../../../base/failure.ts';
import type { JsonObject } from '../../../base/json.ts';
import type { ConfigIssue } from '../../../core/model/config-issue.ts';
import type { DriverInfo } from '../../../core/model/node.ts';
import type { TaskUsage } from '../../../core/model/usage.ts';
import type {
  Driver,
  DriverCapabilities,
  ExecSession,
  ExitResult,
  TaskHandle,
  TaskSpec,
} from '../../../ports/driver.ts';
import { ConfigReader, refuseIssues } from '../config.ts';
import { findProgram } from '../process/lookup.ts';
import {
  enteringNetwork,
  ProcessTasks,
  userFor,
  type ProcessDeps,
} from '../process/process-tasks.ts';
import { Versions } from '../process/version.ts';

export interface QemuOptions {
  /** Directories outside of a task's own whose images tasks may name. */
  readonly imagePaths: readonly string[];
}

const EMULATOR = 'qemu-system-x86_64';

/** Relative to the task's directory, in which the emulator runs: the system takes no long paths. */
const MONITOR = 'qemu-monitor.sock';

const MONITOR_MS_MAX = 2_000;

export class QemuDriver implements Driver {
  readonly name = 'qemu';
  readonly capabilities: DriverCapabilities = {
    signals: true,
    exec: false,
    fsIsolation: 'image',
    networkModes: ['host', 'bridge', 'none'],
    mounts: false,
  };
  readonly #options: QemuOptions;
  readonly #tasks: ProcessTasks;
  readonly #versions = new Versions();

  constructor(options: QemuOptions, deps: ProcessDeps) {
    this.#options = options;
    this.#tasks = new ProcessTasks('qemu', deps);
  }

  async fingerprint(): Promise<Omit<DriverInfo, 'updatedAt'>> {
    const path = findProgram(EMULATOR);
    const told = path === undefined ? undefined : await this.#versions.ask(path, ['--version']);
    const version = /version (\d[\d.]*)/.exec(told ?? '')?.[1];
    if (version === undefined) {
      const healthDescription =
        path === undefined ? `no "${EMULATOR}" on the PATH` : `"${path}" tells no version`;
      return { detected: false, healthy: false, healthDescription, attributes: {} };
    }
    return {
      detected: true,
      healthy: true,
      healthDescription: 'Healthy',
      attributes: { 'driver.qemu': '1', 'driver.qemu.version': version },
    };
  }

  validate(config: JsonObject): readonly ConfigIssue[] {
    return decode(config).issues;
  }

  async start(task: TaskSpec, signal: AbortSignal): Promise<TaskHandle> {
    const { config, issues } = decode(task.config);
    refuseIssues(this.name, issues);
    const emulator = findProgram(EMULATOR);
    if (emulator === undefined) throw new Failure('unsupported', `no "${EMULATOR}" on the PATH`);
    const image = this.#image(config.imagePath, task);
    const user = userFor(task);
    const plan = {
      argv: [emulator, ...qemuArguments(config, task, image)],
      env: task.env,
      cwd: task.directories.taskDir,
      container: false,
      through: enteringNetwork(task.networkNamespace),
      ...(user === undefined ? {} : { user }),
    };
    const extra = { gracefulShutdown: config.gracefulShutdown };
    return await this.#tasks.start(task, plan, signal, extra);
  }

  recover(handle: TaskHandle, signal: AbortSignal): Promise<void> {
    return this.#tasks.recover(handle, signal);
  }

  wait(handle: TaskHandle, signal: AbortSignal): Promise<ExitResult> {
    return this.#tasks.wait(handle, signal);
  }

  signal(handle: TaskHandle, signal: string): Promise<void> {
    return this.#tasks.signal(handle, signal);
  }

  /** With `graceful_shutdown` the machine's power button is pressed in place of the signal. */
  async stop(handle: TaskHandle, signal: string, timeoutMs: number): Promise<void> {
    const asks = handle.state['gracefulShutdown'] === true && signal !== 'SIGKILL';
    if (!asks || !(await this.#pressPowerButton(handle))) {
      await this.#tasks.stop(handle, signal, timeoutMs);
      return;
    }
    const over = AbortSignal.timeout(timeoutMs);
    await this.#tasks.wait(handle, over).catch(() => undefined);
    await this.#tasks.stop(handle, 'SIGKILL', 0);
  }

  destroy(handle: TaskHandle): Promise<void> {
    return this.#tasks.destroy(handle);
  }

  stats(handle: TaskHandle): Promise<TaskUsage> {
    return this.#tasks.stats(handle);
  }

  exec(): Promise<ExecSession> {
    return Promise.reject(new Failure('unsupported', 'a virtual machine runs no commands'));
  }

  /** Fails: `not_found` no such file, `denied` it lies where tasks may not read. */
  #image(path: string, task: TaskSpec): string {
    const wanted = resolve(task.directories.taskDir, path);
    if (!existsSync(wanted)) throw new Failure('not_found', `no image "${path}"`);
    const real = realpathSync(wanted);
    const allowed = [task.directories.allocDir, ...this.#options.imagePaths]
      .filter((dir) => existsSync(dir))
      .map((dir) => `${realpathSync(dir)}/`);
    if (allowed.some((dir) => real.startsWith(dir))) return real;
    throw new Failure('denied', `image "${path}" lies outside of the allowed directories`);
  }

  /** Whether the machine was told. */
  #pressPowerButton(handle: TaskHandle): Promise<boolean> {
    const path = join(`/proc/${this.#tasks.pid(handle)}/cwd`, MONITOR);
    return new Promise((done) => {
      const monitor = connect(path);
      monitor.setTimeout(MONITOR_MS_MAX, () => monitor.destroy(new Error('it does not answer')));
      monitor.once('error', () => done(false));
      let seen = '';
      monitor.on('data', (chunk) => {
        seen += chunk.toString('latin1');
        // Each prompt is an answer: to the connection, then to the command.
        const prompts = seen.split('(qemu) ').length - 1;
        if (prompts === 1) monitor.write('system_powerdown\n');
        if (prompts < 2) return;
        monitor.destroy();
        done(true);
      });
    });
  }
}

interface QemuConfig {
  readonly imagePath: string;
  readonly driveInterface: string;
  readonly accelerator: string;
  readonly gracefulShutdown: boolean;
  readonly guestAgent: boolean;
  readonly portMap: Readonly<Record<string, string>>;
  readonly args: readonly string[];
}

/** Source: QEMU's `-drive if=`. */
const INTERFACES = ['ide', 'scsi', 'sd', 'mtd', 'floppy', 'pflash', 'virtio', 'none'];

function decode(source: JsonObject): { config: QemuConfig; issues: readonly ConfigIssue[] } {
  const reader = new ConfigReader(source);
  const config = {
    imagePath: reader.requiredText('image_path'),
    driveInterface: reader.text('drive_interface') || 'ide',
    accelerator: reader.text('accelerator') || 'tcg',
    gracefulShutdown: reader.flag('graceful_shutdown'),
    guestAgent: reader.flag('guest_agent'),
    portMap: reader.map('port_map'),
    args: reader.texts('args'),
  };
  if (!INTERFACES.includes(config.driveInterface)) {
    reader.issue('drive_interface', `must be one of ${INTERFACES.join(', ')}`);
  }
  if (!/^[a-z]+$/.test(config.accelerator)) {
    reader.issue('accelerator', 'must be a name such as "tcg" or "kvm"');
  }
  for (const [label, port] of Object.entries(config.portMap)) {
    const number = Number(port);
    if (port.includes('${') || (Number.isInteger(number) && number > 0 && number < 65_536))
      continue;
    reader.issue(`port_map.${label}`, 'must be a port');
  }
  return { config, issues: reader.issues() };
}

function qemuArguments(config: QemuConfig, task: TaskSpec, image: string): readonly string[] {
  const { resources } = task;
  const isKvm = config.accelerator === 'kvm';
  return [
    ...['-machine', `type=pc,accel=${config.accelerator}`],
    ...['-name', quoted(basename(image))],
    ...['-m', `${resources.memoryMb}M`],
    ...['-drive', `file=${quoted(image)},if=${config.driveInterface},format=${formatOf(image)}`],
    '-nographic',
    ...(config.gracefulShutdown ? ['-monitor', `unix:${MONITOR},server,nowait`] : []),
    ...(config.guestAgent ? GUEST_AGENT : []),
    ...network(config.portMap, task),
    // The guest may use the processor's own instructions, and as many processors as it was given.
    ...(isKvm ? ['-cpu', 'host'] : []),
    ...(isKvm && resources.cores.length > 0 ? ['-smp', String(resources.cores.length)] : []),
    ...config.args,
  ];
}

const GUEST_AGENT = [
  ...['-chardev', 'socket,path=qa.sock,server=on,wait=off,id=qga0'],
  ...['-device', 'virtio-serial'],
  ...['-device', 'virtserialport,chardev=qga0,name=org.qemu.guest_agent.0'],
];

/** Fails: `invalid` for a label that the task has no port for. */
function network(portMap: Readonly<Record<string, string>>, task: TaskSpec): readonly string[] {
  const labels = Object.entries(portMap);
  if (labels.length === 0) return [];
  const forwards = labels.flatMap(([label, inside]) => {
    const port = task.ports.find((p) => p.label === label);
    if (port === undefined) throw new Failure('invalid', `the task has no port "${label}"`);
    const address = port.hostIp.includes(':') ? '' : port.hostIp;
    return ['tcp', 'udp'].map(
      (protocol) => `hostfwd=${protocol}:${address}:${port.value}-:${inside}`,
    );
  });
  const device = ['-device', 'virtio-net,netdev=user.0'];
  return ['-netdev', ['user', 'id=user.0', ...forwards].join(','), ...device];
}

/** In QEMU's options a comma is written twice. */
function quoted(text: string): string {
  return text.replaceAll(',', ',,');
}

/**
 * Told, because a guest could make a raw image look like another format and read by it what it
 * names.
 */
function formatOf(image: string): 'qcow2' | 'raw' {
  const file = openSync(image, 'r');
  try {
    const magic = Buffer.alloc(4);
    readSync(file, magic, 0, 4, 0);
    return magic.toString('latin1') === 'QFI\xfb' ? 'qcow2' : 'raw';
  } finally {
    closeSync(file);
  }
}
