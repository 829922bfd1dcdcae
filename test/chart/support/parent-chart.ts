import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { complete } from './ci-values.ts';
import { CHART } from './places.ts';

export const { name, version }: { name: string; version: string } = parse(
  readFileSync(join(CHART, 'Chart.yaml'), 'utf8'),
);

/** A chart of somebody else that asks for ours, which has yet to be put into its `charts`. */
export function parentChart(): string {
  const folder = mkdtempSync(join(tmpdir(), 'parent-'));
  const dependencies = [{ name, version, condition: `${name}.enabled` }];
  const chart = { apiVersion: 'v2', name: 'parent', version: '1.0.0', dependencies };
  mkdirSync(join(folder, 'charts'));
  writeFileSync(join(folder, 'Chart.yaml'), stringify(chart));
  writeFileSync(join(folder, 'values.yaml'), stringify({ [name]: { ...complete, enabled: true } }));
  return folder;
}
