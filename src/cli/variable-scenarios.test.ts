/** What people see of `var` and `service`, against a scripted agent, beside the golden file. */
import { test } from 'node:test';
import {
  deleteRegistration,
  listNamedServices,
  readNamedService,
  type ServiceRegistration,
} from '../api/nomad/service-routes.ts';
import {
  deleteVariable,
  listVariables,
  readVariable,
  VARIABLE,
  writeVariable,
} from '../api/nomad/variable-routes.ts';
import type { Index, Millis } from '../base/brand.ts';
import { Failure } from '../base/failure.ts';
import { writeJson } from '../base/json.ts';
import type { AllocId, JobId, Namespace, NodeId } from '../core/model/ids.ts';
import type { Variable } from '../core/model/variable.ts';
import { replay } from './golden.fixture.ts';
import * as sample from './samples.fixture.ts';
import { world } from './scenario.fixture.ts';
import { ScriptedAgent } from './scripted-agent.fixture.ts';

const DEFAULT = 'default' as Namespace;

function variable(path: string, items: Record<string, string>, modified = 0): Variable {
  return {
    namespace: DEFAULT,
    path,
    items,
    createdAt: sample.NOON,
    modifiedAt: (sample.NOON + modified) as Millis,
    createIndex: 5 as Index,
    modifyIndex: 7 as Index,
  };
}

const STORE = [variable('app/db', { user: 'u', 'pa ss': 'a "b" ${c}' }, 60_000)];
const TAKEN = variable('app/taken', { user: 'me' });

function taken(path: string | undefined, cas: number | undefined): void {
  if (path !== 'app/taken' || cas === undefined || cas === 7) return;
  throw new Failure('conflict', writeJson(VARIABLE.encode(TAKEN, 'full')));
}

const INSTANCE: ServiceRegistration = {
  ...{ id: 'w1', serviceName: 'web', namespace: DEFAULT, nodeId: sample.NODE_ID as NodeId },
  ...{ datacenter: 'dc1', jobId: 'shop' as JobId, allocId: sample.EVAL_ID as AllocId },
  ...{ tags: ['v1', 'eu'], address: '10.0.0.1', port: 21_000 },
  ...{ createIndex: 5 as Index, modifyIndex: 7 as Index },
};

test('variables and services are written, read, deleted', () =>
  replay('variables', (line) => {
    const script = new ScriptedAgent()
      .on(writeVariable, ({ params, query, body }) => {
        taken(params['path'], query.cas);
        return { ...variable(params['path'] ?? '', body.items), modifyIndex: 9 as Index };
      })
      .on(readVariable, ({ params }) => {
        const found = STORE.find(({ path }) => path === params['path']);
        if (found === undefined) throw new Failure('not_found', 'variable not found');
        return found;
      })
      .on(listVariables, ({ query }) =>
        [...STORE, TAKEN].filter(({ path }) => path.startsWith(query.prefix ?? '')),
      )
      .on(deleteVariable, ({ params, query }) => {
        taken(params['path'], query.cas);
        return undefined;
      })
      .on(listNamedServices, ({ query }) => {
        const all = [
          { serviceName: 'web', tags: ['eu', 'v1'] },
          { serviceName: 'web-admin', tags: [] },
        ];
        const services = all.filter((one) => one.serviceName.startsWith(query.prefix ?? ''));
        return services.length === 0 ? [] : [{ namespace: DEFAULT, services }];
      })
      .on(readNamedService, () => [INSTANCE, { ...INSTANCE, id: 'w2', port: 0 }])
      .on(deleteRegistration, () => undefined);
    const text = {
      'spec.nv.hcl': 'path = "x"\nmodify_index = 7\nitems {\n  user = "of file"\n  n = 5\n}\n',
      'spec.json': '{"Path": "from/file", "ModifyIndex": 7, "Items": {"a": "1"}}',
      'spec.txt': 'a',
      'broken.hcl': 'items {\n  a = \n}\n',
    };
    const typed = '{"Path": "typed", "Items": {"user": "u1"}}';
    return world(script, { text, typed: line.includes(' - ') ? typed : '' });
  }));
