import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { HttpWorld } from '../../../test/http-world.ts';

test('a state is saved with its sum, and put back', async () => {
  const world = await HttpWorld.start();
  try {
    const base = `http://127.0.0.1:${world.port}/v1`;
    const put = (path: string, body: BodyInit): Promise<Response> =>
      fetch(`${base}/${path}`, { method: 'PUT', body });
    const variable = (value: string): string => JSON.stringify({ Path: 'a', Items: { value } });
    await put('var/a', variable('one'));
    const saved = await fetch(`${base}/operator/snapshot`);
    assert.equal(saved.status, 200);
    const bytes = new Uint8Array(await saved.arrayBuffer());
    const sum = createHash('sha256').update(bytes).digest('base64');
    assert.equal(saved.headers.get('digest'), `sha-256=${sum}`);
    assert.ok(Number(saved.headers.get('x-nomad-index')) > 0);
    await put('var/a', variable('two'));
    const restored = await put('operator/snapshot', bytes);
    assert.equal(restored.status, 200);
    assert.match(await (await fetch(`${base}/var/a`)).text(), /"one"/);
    const refused = await put('operator/snapshot', 'nothing');
    assert.equal(refused.status, 400);
  } finally {
    await world.stop();
  }
});
