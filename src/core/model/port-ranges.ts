/** Port lists as operators write them: `22,80,8000-8100`. */

/** Joins ports, sorted, with runs shortened. */
export function formatPorts(ports: readonly number[]): string {
  const sorted = [...new Set(ports)].sort((a, b) => a - b);
  const runs: [number, number][] = [];
  for (const port of sorted) {
    const last = runs.at(-1);
    if (last !== undefined && last[1] === port - 1) last[1] = port;
    else runs.push([port, port]);
  }
  return runs.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(',');
}

/** The opposite; undefined where something in the text is no port. Empty text is no ports. */
export function parsePorts(text: string): readonly number[] | undefined {
  const ports: number[] = [];
  for (const part of text.split(',').map((piece) => piece.trim())) {
    if (part === '') continue;
    const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(part);
    const from = Number(match?.[1] ?? 'none');
    const to = Number(match?.[2] ?? from);
    if (!(from <= to && to <= 65_535)) return undefined;
    for (let port = from; port <= to; port++) ports.push(port);
  }
  return ports;
}
