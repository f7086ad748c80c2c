/** The table of all commands: the parser, the help, the completion and the reference read it. */
import type { Command } from './command.ts';
import { agentCommand, keeperCommand, versionCommand } from './commands/agent.ts';
import { balancerCommand } from './commands/balancer.ts';
import { kvDelete, kvGet, kvPut } from './commands/kv.ts';
import { kvExport, kvImport } from './commands/kv-files.ts';
import { kvFollow } from './commands/kv-follow.ts';
import { lock, lockGuardCommand } from './commands/lock.ts';
import { agentInfo, monitor, systemGc, systemReconcile, ui } from './commands/agent-reads.ts';
import { allocRestart, allocSignal, allocStop } from './commands/alloc-actions.ts';
import { allocChecksCommand } from './commands/alloc-checks.ts';
import { allocExec } from './commands/alloc-exec.ts';
import { allocFs } from './commands/alloc-fs.ts';
import { allocLogs } from './commands/alloc-logs.ts';
import { allocStatus } from './commands/alloc-status.ts';
import { catalogDatacenters, catalogNodes, catalogServices } from './commands/catalog.ts';
import {
  deploymentFail,
  deploymentPause,
  deploymentPromote,
  deploymentResume,
  deploymentUnblock,
} from './commands/deployment-changes.ts';
import { deploymentList, deploymentStatus, jobDeploymentsCommand } from './commands/deployments.ts';
import { configValidate } from './commands/config-validate.ts';
import { event, eventList } from './commands/event.ts';
import { exec } from './commands/exec.ts';
import { evalDelete, evalList, evalStatus } from './commands/evaluations.ts';
import { fmt } from './commands/fmt.ts';
import {
  gossipKeyGenerate,
  gossipKeyInstall,
  gossipKeyList,
  gossipKeyRemove,
  gossipKeyUse,
} from './commands/gossip-keys.ts';
import { init } from './commands/init.ts';
import {
  jobEval,
  jobPeriodicForce,
  jobPromote,
  jobRevert,
  jobScale,
} from './commands/job-changes.ts';
import { jobDispatch } from './commands/job-dispatch.ts';
import { jobPlan } from './commands/job-plan.ts';
import { jobAllocsCommand, jobHistory, jobInspect } from './commands/job-reads.ts';
import { jobRestart } from './commands/job-restart.ts';
import { jobRun } from './commands/job-run.ts';
import { jobStart } from './commands/job-start.ts';
import { jobStatus } from './commands/job-status.ts';
import { jobStop } from './commands/job-stop.ts';
import { jobTagApply, jobTagUnset } from './commands/job-tags.ts';
import { jobValidate } from './commands/job-validate.ts';
import { forceLeave, info, join, keyring, leave, members, reload } from './commands/members.ts';
import {
  namespaceApply,
  namespaceDelete,
  namespaceInspect,
  namespaceList,
  namespaceStatus,
} from './commands/namespaces.ts';
import {
  nodePoolApply,
  nodePoolDelete,
  nodePoolInfo,
  nodePoolJobs,
  nodePoolList,
  nodePoolNodes,
} from './commands/node-pools.ts';
import { nodeDrain, nodeEligibility } from './commands/node-changes.ts';
import { nodeConfig } from './commands/node-config.ts';
import { nodeMetaApply, nodeMetaRead } from './commands/node-meta.ts';
import { nodeStatus } from './commands/node-status.ts';
import { operatorApi } from './commands/operator-api.ts';
import { operatorDebug } from './commands/operator-debug.ts';
import { operatorEngineMigrate } from './commands/operator-engine.ts';
import {
  operatorAutopilotConfig,
  operatorAutopilotSetConfig,
  operatorAutopilotState,
  operatorHealth,
} from './commands/operator-autopilot.ts';
import {
  operatorGetConfig,
  operatorLint,
  operatorMetrics,
  operatorSetConfig,
} from './commands/operator.ts';
import {
  operatorListPeers,
  operatorRemovePeer,
  operatorTransferLeadership,
} from './commands/operator-raft.ts';
import { rebalance } from './commands/rebalance.ts';
import { rtt } from './commands/rtt.ts';
import { jobScalingEvents, scalingPolicyInfo, scalingPolicyList } from './commands/scaling.ts';
import { serverForceLeave, serverJoin, serverMembers } from './commands/server.ts';
import { serviceDelete, serviceInfo, serviceList } from './commands/named-services.ts';
import { maint, servicesDeregister, servicesRegister } from './commands/services.ts';
import { simulate } from './commands/simulate.ts';
import { operatorSnapshotRestore, operatorSnapshotSave } from './commands/snapshot.ts';
import { snapshotInspect, snapshotRestore, snapshotSave } from './commands/snapshot.ts';
import { status } from './commands/status.ts';
import { template } from './commands/template.ts';
import { operatorUsage } from './commands/usage.ts';
import { varGet, varInit, varList, varPurge, varPut } from './commands/variables.ts';
import { watch } from './commands/watch.ts';
import { why } from './commands/why.ts';
import { completionCommand } from './completion.ts';

/** What the program does besides asking an agent; handed in by whoever can. */
export interface Roles {
  readonly version: string;
  readonly agent: Command['run'];
  readonly keeper: Command['run'];
  readonly lockGuard: Command['run'];
  readonly balancer: Command['run'];
  readonly migrateEngine: Command['run'];
}

/** Makes the table. */
export function makeCommands(roles: Roles): readonly Command[] {
  const commands: Command[] = [
    ...[agentCommand(roles.agent), keeperCommand(roles.keeper), versionCommand(roles.version)],
    ...[jobRun, jobPlan, jobValidate, jobStatus, jobStop, jobHistory, jobRevert, jobScale],
    ...[jobStart, jobRestart, jobTagApply, jobTagUnset, simulate, rebalance],
    ...[operatorLint, operatorDebug, scalingPolicyList, scalingPolicyInfo, evalDelete],
    jobScalingEvents,
    ...[jobEval, jobDispatch, jobPeriodicForce, jobInspect, jobDeploymentsCommand, jobPromote],
    ...[jobAllocsCommand, init, fmt, configValidate, status, why],
    ...[allocChecksCommand, nodeMetaRead, nodeMetaApply],
    ...[allocStatus, allocLogs, allocExec, allocFs, allocSignal, allocRestart, allocStop],
    ...[nodeStatus, nodeDrain, nodeEligibility, evalList, evalStatus],
    ...[deploymentList, deploymentStatus, deploymentPromote, deploymentFail, deploymentPause],
    ...[deploymentResume, deploymentUnblock, serverMembers, serverJoin, serverForceLeave],
    ...[gossipKeyList, gossipKeyInstall, gossipKeyUse, gossipKeyRemove, gossipKeyGenerate],
    ...[nodeConfig, operatorUsage, operatorAutopilotConfig],
    ...[operatorAutopilotSetConfig, operatorAutopilotState],
    ...[operatorGetConfig, operatorSetConfig, operatorHealth, operatorMetrics],
    ...[operatorListPeers, operatorTransferLeadership, operatorRemovePeer, operatorApi],
    ...[systemGc, systemReconcile, monitor, agentInfo, ui],
    ...[namespaceList, namespaceStatus, namespaceInspect, namespaceApply, namespaceDelete],
    ...[nodePoolList, nodePoolInfo, nodePoolApply, nodePoolDelete, nodePoolNodes, nodePoolJobs],
    ...[template, balancerCommand(roles.balancer), operatorEngineMigrate(roles.migrateEngine)],
    ...[varPut, varGet, varList, varPurge, varInit, serviceList, serviceInfo, serviceDelete],
    ...[kvGet, kvPut, kvDelete, kvFollow, kvExport, kvImport],
    ...[lock, lockGuardCommand(roles.lockGuard)],
    ...[event, eventList, exec, watch, members, join, leave, forceLeave, reload, info, keyring],
    ...[rtt, snapshotSave, snapshotRestore, snapshotInspect],
    ...[operatorSnapshotSave, operatorSnapshotRestore],
    ...[catalogDatacenters, catalogNodes, catalogServices],
    ...[servicesRegister, servicesDeregister, maint],
  ];
  commands.push(completionCommand(() => commands));
  return commands;
}
