/** Stands in for an agent: starts what its last argument asks for, tells the result, and stays. */
import { KeeperClient } from '../../src/io/keeper/client.ts';
import type { Launch } from '../../src/core/keeper/launch.ts';
import { placeIn } from './keeper-stand.ts';

const [dir = '', launch = ''] = process.argv.slice(2);
const client = new KeeperClient(placeIn(dir));
const kept = await client.start(JSON.parse(launch) as Launch, new AbortController().signal);
process.stdout.write(`${JSON.stringify(kept)}\n`);
setInterval(() => undefined, 60_000);
