import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { filledRegistry } from '../../../tools/metrics-page/page.ts';
import { documents, REPOSITORY } from '../../support/documents/commands.ts';

test('every metric that a document names is one of the registry', async () => {
  const names = new Set<string>();
  for (const { name, type } of await filledRegistry().getMetricsAsJSON()) {
    names.add(name);
    if (String(type) !== 'histogram') continue;
    for (const series of ['bucket', 'sum', 'count']) names.add(`${name}_${series}`);
  }
  const named = documents().flatMap((document) =>
    [...readFileSync(join(REPOSITORY, document), 'utf8').matchAll(/\bgateway_\w+/g)].map(([name]) => ({
      document,
      name,
    })),
  );
  // A search that finds nothing would find nothing wrong.
  expect(named.length).toBeGreaterThan(names.size / 2);
  expect(named.filter(({ name }) => !names.has(name))).toEqual([]);
});
