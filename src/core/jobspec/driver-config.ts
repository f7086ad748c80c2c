/**
 * Names in `config` that the task's driver does not know. The client that gets the task checks the
 * values too; a name that is merely mistyped is better told where the job is written.
 *
 * D1: drivers that are not listed here are not judged: a client may have more than this server
 *     knows of.
 */
import { didYouMean } from '../hcl/suggest.ts';
import type { Job } from '../model/job.ts';
import type { Task } from '../model/task.ts';
import { Issues, type JobIssue } from './issue.ts';

const ISOLATION = 'cap_add cap_drop pid_mode ipc_mode';

/** What each driver reads of `config`, and what of it must be there. */
const DRIVERS: ReadonlyMap<string, { known: readonly string[]; needs: readonly string[] }> =
  new Map(
    Object.entries({
      raw_exec: driver('command args work_dir denied_envvars oom_score_adj', 'command'),
      exec: driver(`command args work_dir cpu_hard_limit ${ISOLATION}`, 'command'),
      java: driver(`jar_path class class_path jvm_options args ${ISOLATION}`),
      qemu: driver(
        'image_path drive_interface accelerator graceful_shutdown guest_agent port_map args',
        'image_path',
      ),
      docker: driver(
        'image advertise_ipv6_address args auth auth_soft_fail cap_add cap_drop cgroupns command ' +
          'container_exists_attempts cpu_cfs_period cpu_hard_limit devices dns_options ' +
          'dns_search_domains dns_servers entrypoint extra_hosts force_pull group_add healthchecks ' +
          'hostname image_pull_timeout init interactive ipc_mode ipv4_address ipv6_address ' +
          'isolation labels load logging mac_address memory_hard_limit mount mounts ' +
          'network_aliases network_mode oom_score_adj pid_mode pids_limit port_map ports ' +
          'privileged readonly_rootfs runtime security_opt shm_size storage_opt sysctl tty ulimit ' +
          'userns_mode uts_mode volume_driver volumes work_dir',
        'image',
      ),
      mock_driver: driver(
        'run_for exit_code exit_signal exit_err_msg start_error start_error_recoverable ' +
          'start_block_for kill_after signal_error stdout_string stdout_repeat ' +
          'stdout_repeat_duration',
      ),
    }),
  );

function driver(known: string, needs = ''): { known: readonly string[]; needs: readonly string[] } {
  return { known: known.split(' '), needs: needs === '' ? [] : [needs] };
}

/** The names that a driver reads; undefined for one that is not known here (D1). */
export function driverSettings(name: string): readonly string[] | undefined {
  return DRIVERS.get(name)?.known;
}

/** What is wrong with the names in all tasks' `config`. */
export function validateDrivers(job: Job): readonly JobIssue[] {
  const issues = new Issues();
  for (const group of job.groups) {
    for (const task of group.tasks) {
      const place = issues.inside(`group "${group.name}"`).inside(`task "${task.name}"`);
      for (const message of driverIssues(task)) place.inside('config').add(message);
    }
  }
  return issues.all();
}

/** The same of one task, in words. */
export function driverIssues({ driver: name, config }: Task): readonly string[] {
  const settings = DRIVERS.get(name);
  if (settings === undefined) return [];
  const { known, needs } = settings;
  const wrong = Object.keys(config).filter((key) => !known.includes(key));
  // A name that was mistyped is told once, not a second time as missing.
  const missing = needs.filter((key) => config[key] === undefined && wrong.length === 0);
  return [
    ...wrong.map((key) => {
      return `"${key}" is not a setting of the driver "${name}".${didYouMean(key, known)}`;
    }),
    ...missing.map((key) => `the driver "${name}" needs "${key}"`),
  ];
}
