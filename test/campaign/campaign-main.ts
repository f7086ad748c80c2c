/** Runs in namespaces of its own: plays rounds until the time is over, and tells. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Cluster } from './cluster.ts';
import { Report } from './report.ts';
import { play } from './rounds.ts';
import { roundOf } from './schedule.ts';
import { Work } from './work.ts';

const [dir = '', seed = '', minutes = '', first = '', file = '', kinds = ''] =
  process.argv.slice(2);
const only = kinds === '' ? [] : kinds.split(',').map((kind) => kind.trim());
const report = new Report(seed);

async function main(): Promise<void> {
  await using cluster = await Cluster.start(dir, { clients: 4, canBeMeddledWith: true });
  const { machines, servers, clients } = cluster;
  try {
    await machines.until('all nodes are ready', async () => {
      const nodes = (await servers[0]?.json('/v1/nodes')) as readonly { Status: string }[];
      return nodes.filter(({ Status }) => Status === 'ready').length === clients.length;
    });
    const work = new Work(cluster, join(dir, 'lines'));
    const until = Date.now() + Number(minutes) * 60_000;
    let goesOn = true;
    for (let number = Number(first); goesOn && Date.now() < until; number++) {
      const round = roundOf(seed, number, only);
      const told = await play(round, cluster, work);
      console.log(report.add(round, told));
      // What did not settle would fail every round from here on.
      goesOn = told.isSettled;
    }
  } catch (error) {
    report.broke(error);
  } finally {
    if (report.failed > 0) {
      const books = await cluster.books();
      writeFileSync(`${file}.log`, `${machines.words()}\n${report.wrong}\n${books}`);
    }
  }
}

try {
  await main();
} catch (error) {
  report.broke(error);
}
writeFileSync(file, report.text());
console.log(`\n${report.text()}`);
console.log(`${report.passed} passed, ${report.failed} failed`);
// What a round that broke off had begun would go on for ever.
process.exit(report.failed === 0 && report.passed > 0 ? 0 : 1);
