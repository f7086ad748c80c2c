/** What the scenarios share: a world with a scripted agent, a job file, common answers. */
import type { JobChanged } from '../api/nomad/job-replies.ts';
import type { Index, Millis } from '../base/brand.ts';
import type { EvalId } from '../core/model/ids.ts';
import * as sample from './samples.fixture.ts';
import type { ScriptedAgent } from './scripted-agent.fixture.ts';
import type { testWorld } from './test-world.fixture.ts';

export type Over = NonNullable<Parameters<typeof testWorld>[0]>;

export const FILE = `job "http-echo" {
  datacenters = ["dc1"]
  group "echo" {
    task "server" {
      driver = "raw_exec"
      config {
        command = "/bin/http-echo"
      }
    }
  }
}
`;

/** A world in which the agent answers, and its clock goes on by a second with each answer. */
export function world(script: ScriptedAgent, over: Over = {}): Over {
  let at: number = sample.NOON;
  return {
    text: { 'http-echo.nomad': FILE },
    now: () => at as Millis,
    connect: () => ({
      send: async (request, signal) => {
        const answer = await script.send(request, signal);
        if (request.path.includes('index=')) at += 1000;
        return answer;
      },
    }),
    ...over,
  };
}

export function changed(evalId: string | undefined, warnings = ''): JobChanged {
  return {
    ...(evalId === undefined ? {} : { evalId: evalId as EvalId }),
    evalCreateIndex: 9 as Index,
    jobModifyIndex: 9 as Index,
    index: 9 as Index,
    warnings,
  };
}

/** As the allocations of a deployment name it. */
export const WITHIN = { DeploymentID: sample.DEPLOYMENT_ID };
export const placed = sample.sampleStub('38d70276');
export const success = {
  ...{ Status: 'successful', StatusDescription: 'Deployment completed successfully' },
};
