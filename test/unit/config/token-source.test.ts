import { isAbsolute } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { configOf, loadFiles, web } from './settings-fixture.ts';

const base = { AMPERITY_BASE_URL: 'https://app.amperity.com/api', AMPERITY_TENANT: 'acme' };
const client = {
  AMPERITY_CLIENT_ID: 'gateway',
  AMPERITY_CLIENT_SECRET: 's3cret',
  AMPERITY_TOKEN_URL: 'https://acme.amperity.com/api/v0/oauth2/token/',
};
const load = (env: NodeJS.ProcessEnv) =>
  loadFiles({ 'gateway.yaml': { teams: { web } }, secret: 'from-file\n' }, { ...base, ...env });
const sourceOf = (env: NodeJS.ProcessEnv) => configOf(load(env)).amperity.token;

describe('each of the three token sources is taken', () => {
  test('a fixed token', () => {
    expect(sourceOf({ AMPERITY_TOKEN: 'abc' })).toEqual({ kind: 'static', value: 'abc' });
  });

  test('a file, by absolute path, to be read again later', () => {
    const source = sourceOf({ AMPERITY_TOKEN_FILE: 'secret' });
    expect(source).toEqual({ kind: 'file', path: expect.stringMatching(/\/secret$/) });
    expect(source.kind === 'file' && isAbsolute(source.path)).toBe(true);
  });

  test('client credentials, with the secret in the environment or in a file', () => {
    const expected = {
      kind: 'clientCredentials',
      clientId: 'gateway',
      tokenUrl: 'https://acme.amperity.com/api/v0/oauth2/token',
    };
    expect(sourceOf(client)).toEqual({ ...expected, clientSecret: { value: 's3cret' } });
    expect(
      sourceOf({ ...client, AMPERITY_CLIENT_SECRET: '', AMPERITY_CLIENT_SECRET_FILE: 'secret' }),
    ).toEqual({
      ...expected,
      clientSecret: { path: expect.stringMatching(/^\/.*\/secret$/) },
    });
  });
});

describe('none or several are one problem that lists the three ways', () => {
  test.each<[string, NodeJS.ProcessEnv]>([
    ['none', {}],
    ['token and client', { AMPERITY_TOKEN: 'abc', ...client }],
    ['token file and client', { AMPERITY_TOKEN_FILE: 'secret', ...client }],
    ['token and a part of a client', { AMPERITY_TOKEN: 'abc', AMPERITY_CLIENT_ID: 'gateway' }],
  ])('%s', (_, env) => {
    const { problems } = load(env);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(
      /AMPERITY_TOKEN; AMPERITY_TOKEN_FILE; AMPERITY_CLIENT_ID with .* AMPERITY_TOKEN_URL$/,
    );
  });
});

test.each(Object.keys(client))('client credentials without %s are incomplete', (name) => {
  expect(load({ ...client, [name]: '' }).problems).toEqual([
    `${name}: is missing beside the other client credentials; set it`,
  ]);
});

test('the token URL may be plain http only where the base URL may', () => {
  expect(load({ ...client, AMPERITY_TOKEN_URL: 'http://acme.amperity.com/token' }).problems).toEqual([
    expect.stringMatching(/^AMPERITY_TOKEN_URL: plain http/),
  ]);
  expect(load({ ...client, AMPERITY_TOKEN_URL: 'http://127.0.0.1:4010/token' }).problems).toEqual([]);
});
