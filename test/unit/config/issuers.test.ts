import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { TestAuthority } from '../../support/redis-tls.ts';
import { configOf, loadFiles, loadSettings, web as team } from './settings-fixture.ts';

const issuer = { issuer: 'https://idp.example', audience: 'gateway' };
const web = { ...team, jwt: [{ issuer: issuer.issuer, claims: { sub: 'web' } }] };
const withIssuers = (jwt: object[], modes = ['jwt']) => ({ auth: { modes, jwt } });

let authority: TestAuthority;
beforeAll(() => {
  authority = new TestAuthority();
});
afterAll(() => authority.remove());

test('an issuer and its audience are enough, without any key', () => {
  const outcome = loadSettings({ ...withIssuers([issuer]), teams: { web: { ...web, keys: [] } } });
  expect(outcome.warnings).toEqual([]);
  expect(configOf(outcome).auth).toEqual({
    modes: ['jwt'],
    jwt: [{ ...issuer, algorithms: ['RS256', 'PS256', 'ES256', 'EdDSA'] }],
  });
});

test('beside keys, a key that works now is still needed', () => {
  const settings = { ...withIssuers([issuer], ['apiKey', 'jwt']), teams: { web } };
  expect(loadSettings(settings).problems).toEqual([]);
  expect(loadSettings({ ...settings, teams: { web: { ...web, keys: [] } } }).problems).toEqual([
    expect.stringMatching(/^gateway\.yaml: teams: no team has a key that works now/),
  ]);
});

test('issuers without the mode would be without effect', () => {
  expect(loadSettings(withIssuers([issuer], ['apiKey'])).problems).toEqual([
    expect.stringMatching(/^gateway\.yaml: auth\.jwt: .* add jwt to auth\.modes or remove them$/),
  ]);
});

test('an issuer stands once, to the letter', () => {
  const other = { ...issuer, issuer: 'https://idp.example/' };
  const load = (issuers: object[]) => loadSettings({ ...withIssuers(issuers), teams: { web } });
  expect(load([issuer, other]).problems).toEqual([]);
  expect(load([issuer, other, { ...issuer, audience: 'other' }]).problems).toEqual([
    'gateway.yaml: auth.jwt[2].issuer: stands twice in the list; write each issuer once',
  ]);
});

describe('the files of an issuer', () => {
  const load = (files: Record<string, unknown>, members: object) =>
    loadFiles({ ...files, 'gateway.yaml': { ...withIssuers([{ ...issuer, ...members }]), teams: { web } } });

  test('are named by absolute path, to be read again later', () => {
    const pem = readFileSync(authority.cert, 'utf8');
    const files = { 'ca.crt': pem, token: 'eyJ.canary\n' };
    const [read] = configOf(load(files, { jwksCaFile: './ca.crt', jwksTokenFile: 'token' })).auth.jwt;
    expect(read).toMatchObject({
      jwksCaFile: expect.stringMatching(/^\/.+\/ca\.crt$/),
      jwksTokenFile: expect.stringMatching(/^\/.+\/token$/),
    });
    expect(JSON.stringify(read)).not.toContain('canary');
  });

  test('that cannot serve are problems, all of them at once', () => {
    expect(
      load({ token: 'two\nlines-canary' }, { jwksCaFile: 'ca.crt', jwksTokenFile: 'token' }).problems,
    ).toEqual([
      'gateway.yaml: auth.jwt[0].jwksCaFile: the file ca.crt does not exist; correct the path or create it',
      'gateway.yaml: auth.jwt[0].jwksTokenFile: the file holds no usable token; write it on one line',
    ]);
    expect(load({ 'ca.crt': 'canary' }, { jwksCaFile: 'ca.crt' }).problems).toEqual([
      'gateway.yaml: auth.jwt[0].jwksCaFile: the file holds no usable certificate; write PEM',
    ]);
  });
});
