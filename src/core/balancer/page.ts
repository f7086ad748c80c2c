/** The page that shows the routes and how they came about. */
import type { Millis } from '../../base/brand.ts';
import type { ShownRoute, TableChange } from './show.ts';

/** A table that came into force. */
export interface HistoryEntry extends TableChange {
  readonly at: Millis;
  /** Rules in it. */
  readonly rules: number;
}

export interface PageFacts {
  readonly routes: readonly ShownRoute[];
  /** Newest first. */
  readonly history: readonly HistoryEntry[];
  readonly problems: readonly string[];
  /** Requests under way, by the target's `host:port`. */
  readonly active: ReadonlyMap<string, number>;
}

/** Rows of the page; the rest is told as a number. `/api/routes` has all. */
const ROWS_MAX = 2_000;
const LINES_MAX = 20;

const STYLE = `
:root { color-scheme: light dark }
body { font: 14px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 76rem; padding: 0 1rem }
h1 { font-size: 1.3rem } h2 { font-size: 1.05rem; margin-top: 2rem }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid #8884 }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums }
code, pre { font: 12.5px/1.45 ui-monospace, monospace }
.added { color: #1a7f37 } .removed { color: #cf222e } .note { opacity: .7 }`;

export function page({ routes, history, problems, active }: PageFacts): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Routes</title><style>${STYLE}</style></head>
<body><h1>Routes</h1>
<p class="note">${routes.length} targets. <a href="/api/routes">JSON</a> <a href="/routes">text</a>
<a href="/api/history">history</a> <a href="/metrics">metrics</a></p>
${problemList(problems)}<table><thead><tr><th>Source<th>Service<th>Target<th>Options<th>Tags
<th class="n">Weight<th class="n">Active</tr></thead><tbody>
${routes.slice(0, ROWS_MAX).map(routeRow(active)).join('\n')}
</tbody></table>
${routes.length > ROWS_MAX ? `<p>${routes.length - ROWS_MAX} more are left out here.</p>` : ''}
<h2>History</h2>
${history.map(historyItem).join('\n')}
</body></html>
`;
}

function routeRow(active: ReadonlyMap<string, number>): (route: ShownRoute) => string {
  return ({ src, service, dst, opts, tags, weight }) => {
    const address = /^[a-z+]+:\/\/([^/]*)/.exec(dst)?.[1] ?? '';
    const busy = active.get(address.replace(/[[\]]/g, '')) ?? 0;
    const cells = [code(src), escaped(service), code(dst), code(opts), escaped(tags.join(', '))];
    const share = `<td class="n">${(weight * 100).toFixed(1)}%<td class="n">${busy}`;
    return `<tr>${cells.map((cell) => `<td>${cell}`).join('')}${share}</tr>`;
  };
}

function historyItem({ at, rules, added, removed }: HistoryEntry): string {
  const lines = [
    ...added.map((line) => `<span class="added">+ ${escaped(line)}</span>`),
    ...removed.map((line) => `<span class="removed">- ${escaped(line)}</span>`),
  ];
  const more = lines.length > LINES_MAX ? `\n... ${lines.length - LINES_MAX} more lines` : '';
  const when = new Date(at).toISOString();
  return `<p>${when}, ${rules} rules</p><pre>${lines.slice(0, LINES_MAX).join('\n')}${more}</pre>`;
}

function problemList(problems: readonly string[]): string {
  if (problems.length === 0) return '';
  const items = problems.slice(0, LINES_MAX).map((problem) => `<li>${escaped(problem)}`);
  return `<h2>Skipped</h2><ul>${items.join('')}</ul>`;
}

function code(text: string): string {
  return text === '' ? '' : `<code>${escaped(text)}</code>`;
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
