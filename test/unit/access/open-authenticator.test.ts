import { expect, test } from '@jest/globals';
import { OpenAuthenticator } from '../../../src/access/open-authenticator.ts';
import { refusalOf } from '../query/refusal.ts';

const open = new OpenAuthenticator({
  name: 'local',
  weight: 1,
  indexes: ['*'],
  filters: '*',
  withTotal: true,
  maxLimit: 1000,
  maxFilters: 10,
  bypassCache: false,
  export: false,
  scopes: [],
});

test.each(['localhost', 'LocalHost:8080', '127.0.0.1', '127.0.0.1:8080', '[::1]', '[::1]:1'])(
  'open mode lets in as the team local when the Host is %s',
  (host) => {
    const { team, keyId } = open.authenticate(['Host', host]);
    expect([team.name, keyId]).toEqual(['local', 'none']);
  },
);

test.each([
  'evil.example',
  'localhost.evil.example',
  'evil.localhost',
  '127.0.0.1.evil.example',
  '127.0.0.2',
  '127.1',
  '::1',
  '0.0.0.0',
  'localhost:',
  'localhost:123456',
  'localhost:80\n',
  'user@localhost',
  '',
])('open mode refuses the Host %j, as DNS rebinding sends it, and says why', (host) => {
  const error = refusalOf(() => open.authenticate(['Host', host]));
  expect([error.code, error.info.cause]).toEqual(['unauthenticated', 'foreign_host']);
  expect(error.message).toContain('Host header');
});

test('open mode refuses a request without Host and one with two', () => {
  expect(refusalOf(() => open.authenticate([])).code).toBe('unauthenticated');
  const twice = refusalOf(() => open.authenticate(['Host', 'localhost', 'host', 'localhost']));
  expect(twice.code).toBe('invalid_parameter');
});

test('open mode ignores credentials: a client of Amperity needs no other change than its base URL', () => {
  expect(open.authenticate(['Host', 'localhost', 'Authorization', 'Bearer x']).team.name).toBe('local');
});
