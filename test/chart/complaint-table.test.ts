import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { REPOSITORY } from './support/places.ts';

const page = readFileSync(join(REPOSITORY, 'docs/chart-complaints.md'), 'utf8');
const rows = [...page.matchAll(/^\| (\d+) \|.*\| (.+) \|$/gm)].map(([, number, name]) => `${number} ${name}`);
const tests = readdirSync(join(REPOSITORY, 'test/chart'))
  .filter((file) => file.endsWith('.test.ts'))
  .map((file) => readFileSync(join(REPOSITORY, 'test/chart', file), 'utf8'))
  .join('\n');

describe('the page of complaints about other charts', () => {
  test('counts them', () => {
    expect(rows.map((row) => Number.parseInt(row, 10))).toEqual(rows.map((_, index) => index + 1));
    expect(rows).toHaveLength(16);
  });

  test.each(rows)('names a test that there is: %s', (row) => {
    // Behind it there is nothing but the version of helm.
    expect(tests).toMatch(new RegExp(`(test|describe)(\\.each\\(helms\\(\\)\\))?\\('${row}('|, with helm)`));
  });
});
