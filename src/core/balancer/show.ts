/** The table as people and programs read it. */
import { destinationUrl, sourceText, type Offer, type Rule, type Target } from './rule.ts';
import type { Table } from './table.ts';

/** One target of one rule, in the form of Fabio's `/api/routes`. */
export interface ShownRoute {
  readonly service: string;
  readonly host: string;
  readonly path: string;
  readonly src: string;
  readonly dst: string;
  readonly opts: string;
  /** 0..1. */
  readonly weight: number;
  readonly tags: readonly string[];
  /** `override`, or the instance's id. */
  readonly from: string;
}

export function shownRoutes({ rules }: Table): readonly ShownRoute[] {
  return rules.flatMap(({ targets, source }) =>
    targets.map((target) => ({
      service: target.service,
      host: source.host,
      path: source.path,
      src: sourceText(source),
      dst: target.options.redirect?.to ?? destinationUrl(target),
      opts: optionsText(target),
      weight: target.weight,
      tags: target.tags,
      from: target.from,
    })),
  );
}

/** The table in the language of overrides, a target a line. */
export function routeLines({ rules }: Table): readonly string[] {
  return rules.flatMap((rule) => rule.targets.map((target) => routeLine(rule, target)));
}

function routeLine({ source }: Rule, target: Target): string {
  const { service, tags, options } = target;
  const to = options.redirect?.to ?? destinationUrl(target);
  const opts = optionsText(target);
  return (
    `route add ${service} ${sourceText(source)} ${to}` +
    (options.weight === undefined ? '' : ` weight ${round(options.weight)}`) +
    (tags.length === 0 ? '' : ` tags "${tags.join(',')}"`) +
    (opts === '' ? '' : ` opts "${opts}"`)
  );
}

/** What a change of tables did. */
export interface TableChange {
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

export function changeBetween(before: Table, after: Table): TableChange {
  const old = new Set(routeLines(before));
  const now = new Set(routeLines(after));
  return {
    added: [...now].filter((line) => !old.has(line)),
    removed: [...old].filter((line) => !now.has(line)),
  };
}

/** What the target's own address says is no option. */
const PLAIN: ReadonlySet<string> = new Set(['http', 'tcp']);

function optionsText({ options }: Offer): string {
  const words = [
    PLAIN.has(options.proto) || options.redirect !== undefined ? '' : `proto=${options.proto}`,
    options.strip === '' ? '' : `strip=${options.strip}`,
    options.prepend === '' ? '' : `prepend=${options.prepend}`,
    options.host === '' ? '' : `host=${options.host}`,
    options.redirect === undefined ? '' : `redirect=${options.redirect.status}`,
    options.auth === '' ? '' : `auth=${options.auth}`,
    options.sticky === '' ? '' : `sticky=${options.sticky}`,
    options.tlsSkipVerify ? 'tlsskipverify=true' : '',
    options.proxyProtocol ? 'pxyproto=true' : '',
    options.allow.length === 0 ? '' : `allow=${options.allow.join(',')}`,
    options.deny.length === 0 ? '' : `deny=${options.deny.join(',')}`,
  ];
  return words.filter((word) => word !== '').join(' ');
}

function round(weight: number): number {
  return Math.round(weight * 1e6) / 1e6;
}
