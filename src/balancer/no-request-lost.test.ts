/** No request is lost while instances come, go and die. */
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { BalancerWorld, until } from '../../test/balancer-world.ts';
import { SteadyLoad } from '../../test/steady-load.ts';

/** How an instance ends. */
type End = 'after a while' | 'at once';

async function rolling(end: End): Promise<SteadyLoad> {
  await using world = await BalancerWorld.start();
  const open: { id: string; server: Server }[] = [];
  const add = async (id: string): Promise<void> => {
    const server = createServer((_incoming, response) => setTimeout(() => response.end(id), 3));
    world.offer(id, await world.backend(server), ['urlprefix-/web']);
    open.push({ id, server });
  };
  const isRouted = (id: string): boolean =>
    world.balancer.table.rules.some(({ targets }) => targets.some(({ from }) => from === id));
  await add('0');
  await add('1');
  await until('routed', () => isRouted('1'));
  await using load = new SteadyLoad(world.url('/web'), { callers: 16 });
  for (let i = 2; i < 30; i++) {
    await add(String(i));
    await until('the new one is in', () => isRouted(String(i)));
    const oldest = open.shift();
    assert.ok(oldest);
    if (end === 'at once') {
      // It dies first; the catalog hears of it later.
      oldest.server.close();
      oldest.server.closeAllConnections();
      await delay(30);
      world.withdraw(oldest.id);
    } else {
      world.withdraw(oldest.id);
      // It serves for a moment after it has left the catalog, as `shutdown_delay` has it.
      await until('it is out', () => !isRouted(oldest.id));
      await delay(100);
      oldest.server.close();
      oldest.server.closeIdleConnections();
    }
    await delay(20);
  }
  await load.stop();
  return load;
}

for (const end of ['after a while', 'at once'] as const) {
  test(`no request fails while instances come, and end ${end}`, async () => {
    const { counts } = await rolling(end);
    assert.deepEqual([...counts.bad], [], JSON.stringify(counts.ok));
    assert.ok(counts.ok > 100, JSON.stringify(counts));
  });
}
