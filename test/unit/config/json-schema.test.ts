import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { settingsJsonSchema } from '../../../src/config/settings-json-schema.ts';
import { browserKey, idp, jwtMode, liveKey, nested, web } from './settings-fixture.ts';

/** The text that editors are given, read as they read it. */
const schema = z.fromJSONSchema(JSON.parse(settingsJsonSchema()));
const accepts = (settings: object) => schema.safeParse(settings).success;
const acceptsTeam = (rights: object) => accepts({ teams: { web: { ...web, ...rights } } });
const acceptsPolicy = (policy: object) => acceptsTeam({ keys: [{ ...browserKey, policy }] });

const attributes = { ix: { allow: ['a'], mask: ['b'], maskAs: { b: 'hmac' } } };

describe('the JSON Schema takes what the gateway takes', () => {
  test.each<object>([
    { indexes: ['*'] },
    { indexes: ['ix', 'iy'] },
    { attributes: '*' },
    { attributes: {} },
    { attributes },
    { filters: '*' },
    { filters: ['a'] },
    { filters: { ix: ['a'] } },
    { filterOnly: ['a'] },
    { filterOnly: { ix: ['a'] } },
    { scopes: ['status:read', 'keys:revoke'] },
    { revealCache: false, profilesPerDay: 1 },
    { jwt: [{ issuer: idp, claims: { sub: 'a' } }] },
    { keys: [liveKey, browserKey] },
    {
      keys: [
        { ...browserKey, policy: { attributes, indexes: ['*'], filters: { ix: ['a'] }, minFilters: 0 } },
      ],
    },
  ])('%j', (rights) => {
    expect(acceptsTeam(rights)).toBe(true);
  });

  test.each<object>([jwtMode, nested('http.trustProxy', ['10.0.0.0/8']), nested('http.trustProxy', 2)])(
    '%j',
    (settings) => {
      expect(accepts(settings)).toBe(true);
    },
  );
});

describe('and refuses', () => {
  test.each<object>([
    { indexes: '*' },
    { indexes: ['*', 'ix'] },
    { attributes: ['a'] },
    { attributes: 'email' },
    { attributes: { ix: { alow: ['a'] } } },
    { attributes: { ix: ['a'] } },
    { attributes: { ix: { maskAs: { a: 'sha256' } } } },
    { attributes: { '*': {} } },
    { filters: 'email' },
    { filters: { ix: '*' } },
    { filterOnly: '*' },
    { scopes: ['status'] },
    { jwt: [{ issuer: idp }] },
    { jwt: [{ claims: { sub: 'a' } }] },
    { keys: [{ ...browserKey, kind: 'client' }] },
    { keys: [{ ...browserKey, origins: 'https://a.example' }] },
  ])('%j', (rights) => {
    expect(acceptsTeam(rights)).toBe(false);
  });

  test.each<object>([
    { attributes: '*' },
    { attributes: { ix: { alow: [] } } },
    { export: true },
    { maxLimit: 0 },
  ])('in a policy, %j', (policy) => {
    expect(acceptsPolicy(policy)).toBe(false);
  });

  test.each<object>([
    nested('http.trustProxy', 11),
    nested('auth.jwt', [{ issuer: idp }]),
    nested('auth.modes', ['basic']),
    nested('teams', { Web: web }),
  ])('%j', (settings) => {
    expect(accepts(settings)).toBe(false);
  });
});

test('our notes are not in it, in whatever form of a setting they stand', () => {
  const names = namesIn(JSON.parse(settingsJsonSchema()));
  for (const note of ['secret', 'later', 'expected', 'refusal', 'absent']) {
    expect(names).not.toContain(note);
  }
  expect(names).toEqual(expect.arrayContaining(['description', 'propertyNames', 'anyOf', 'maskAs']));
});

function namesIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return [...(Array.isArray(value) ? [] : Object.keys(value)), ...Object.values(value).flatMap(namesIn)];
}
