import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { createConfig, lintFromString } from '@redocly/openapi-core';
import { adminDocument } from '../../../../src/http/openapi/admin-document.ts';
import { publicDocument } from '../../../../src/http/openapi/public-document.ts';
import { PROBLEMS } from '../../../../src/http/problem.ts';
import { ALLOWED_HEADERS, EXPOSED_HEADERS } from '../../../../src/http/response-headers.ts';

const apiVersion = '2025-07-31';
const DOCUMENTS = [
  ['openapi.json', publicDocument({ apiVersion, hasExports: true })],
  ['openapi-admin.json', adminDocument(apiVersion)],
] as const;
const [[, ofPublic]] = DOCUMENTS;

describe.each(DOCUMENTS)('docs/%s', (name, document) => {
  test('says what the code says', () => {
    const written = readFileSync(new URL(`../../../../docs/${name}`, import.meta.url), 'utf8');
    expect(JSON.parse(written)).toEqual(document);
  });

  test('has nothing for a linter to complain about, its examples are what its schemas want', async () => {
    const config = await createConfig({
      extends: ['recommended-strict'],
      rules: {
        // The project is not licensed to anybody.
        'info-license': 'off',
        // The token route never has a token to give.
        'operation-2xx-response': 'off',
      },
    });
    const problems = await lintFromString({
      source: JSON.stringify(document),
      absoluteRef: `/${name}`,
      config,
    });
    expect(problems.map(({ ruleId, message }) => `${ruleId}: ${message}`)).toEqual([]);
  });
});

test('where exports are switched off there are none in the description', () => {
  const paths = Object.keys(publicDocument({ apiVersion, hasExports: false }).paths);
  expect(Object.keys(ofPublic.paths).filter((path) => !paths.includes(path))).toEqual([
    '/exports/indexes/{index}/profiles.csv',
    '/exports/indexes/{index}/profiles.ndjson',
  ]);
});

test('each problem that a caller can get stands somewhere, under its own status', () => {
  const found = new Set<string>();
  for (const [, { components }] of DOCUMENTS) {
    for (const [name, response] of Object.entries(components.responses)) {
      for (const [code, { status }] of Object.entries(PROBLEMS)) {
        const text = JSON.stringify(response);
        if (text.includes(`#/components/examples/${code}"`) && name.startsWith(`${status}.`)) found.add(code);
      }
    }
  }
  const never = Object.keys(PROBLEMS).filter((code) => !found.has(code));
  expect(never).toEqual(['method_not_allowed', 'client_closed']);
});

test('what pages of other origins may send and read is described', () => {
  const { headers, parameters, securitySchemes } = ofPublic.components;
  expect(Object.keys(headers)).toEqual(expect.arrayContaining([...EXPOSED_HEADERS]));
  const sent = ALLOWED_HEADERS.filter((name) => !(name in parameters));
  expect(sent).toEqual(['Authorization', 'X-API-Key', 'Content-Type']);
  expect(securitySchemes).toMatchObject({ apiKey: { name: 'X-API-Key' }, bearer: { scheme: 'bearer' } });
});
