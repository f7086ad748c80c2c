/** The agent that the tests of the npm client share, and their ways of calling it. */
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { AgentProcess } from './agent-process.ts';
import { like, type Likeness } from './consul-clients-like.ts';
import { NpmClient } from './consul-clients-npm.ts';

export const NODE = 'node1';

export let agent: AgentProcess;
export let consul: NpmClient;
let ids = 0;

before(async () => {
  agent = await AgentProcess.startServer(`
    node_name = "${NODE}"
    log_level = "warn"
    enable_script_checks = true`);
  consul = new NpmClient(agent.discoveryPort);
});

after(async () => {
  consul.destroy();
  await agent[Symbol.asyncDispose]();
});

export const call = (path: string, ...args: readonly unknown[]): Promise<unknown> =>
  consul.call(path, ...args);

export function fresh(kind: string): string {
  return `${kind}-${++ids}`;
}

export async function until(
  what: string,
  path: string,
  likeness: Likeness,
  ...args: readonly unknown[]
): Promise<void> {
  await agent.until(what, async () => {
    like(await call(path, ...args), likeness);
    return true;
  });
}

/** That a call is refused, and how; `status` undefined: by the client itself. */
export async function refused(
  answer: Promise<unknown>,
  why: RegExp,
  status?: number,
): Promise<void> {
  await assert.rejects(answer, (error: unknown) => {
    like(error, { message: why, statusCode: status });
    return true;
  });
}

/** What the client cannot say. */
export async function put(path: string, body: object): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${agent.discoveryPort}${path}`, {
    method: 'PUT',
    body: JSON.stringify(body),
  });
  assert.equal(response.status, 200, await response.text());
}
