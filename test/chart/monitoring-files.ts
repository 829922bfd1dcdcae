import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

interface RuleFile {
  readonly groups: readonly {
    readonly name: string;
    readonly rules: readonly {
      readonly alert: string;
      readonly expr: string;
      readonly annotations: Readonly<Record<string, string>>;
    }[];
  }[];
}

interface Dashboard {
  readonly id?: unknown;
  readonly uid: string;
  readonly templating: { readonly list: readonly object[] };
  readonly panels: readonly {
    readonly type: string;
    readonly title: string;
    readonly datasource?: unknown;
    readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
    readonly targets?: readonly { readonly expr: string }[];
  }[];
}

export const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));
const files = join(REPOSITORY, 'helm/amperity-gateway/files');
export const RULES = join(files, 'alerts.yaml');

// Both casts: promtool and Grafana's format say what is in there, and what is looked at of it is tested.
export const { groups } = parse(readFileSync(RULES, 'utf8')) as RuleFile;
export const rules = groups.flatMap((group) => group.rules);
const board = readFileSync(join(files, 'dashboards/amperity-gateway.json'), 'utf8');
export const dashboard = JSON.parse(board) as Dashboard;
export const queries = dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));

/** What stands in front of braces: neither file names a metric without. */
export const metricsIn = (expr: string): string[] =>
  [...expr.matchAll(/(\w+)\{/g)].map(([, name = '']) => name);
