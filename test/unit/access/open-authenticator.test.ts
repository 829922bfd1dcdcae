import { expect, test } from '@jest/globals';
import { OpenAuthenticator } from '../../../src/access/open-authenticator.ts';
import { rejectionOf } from '../query/refusal.ts';
import { teamWith } from './records.ts';

const gate = new OpenAuthenticator(teamWith({ indexes: ['*'], attributes: '*', filters: '*' }, 'local'));
const open = (...rawHeaders: string[]) =>
  gate.authenticate({ rawHeaders, address: '127.0.0.1', listener: 'public' });

test.each(['localhost', 'LocalHost:8080', '127.0.0.1', '127.0.0.1:8080', '[::1]', '[::1]:1'])(
  'open mode lets in as the team local when the Host is %s',
  async (host) => {
    const { team, keyId } = await open('Host', host);
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
])('open mode refuses the Host %j, as DNS rebinding sends it, and says why', async (host) => {
  const error = await rejectionOf(open('Host', host));
  expect([error.code, error.info.cause]).toEqual(['unauthenticated', 'foreign_host']);
  expect(error.message).toContain('Host header');
});

test('open mode refuses a request without Host and one with two', async () => {
  expect((await rejectionOf(open())).code).toBe('unauthenticated');
  const twice = await rejectionOf(open('Host', 'localhost', 'host', 'localhost'));
  expect(twice.code).toBe('invalid_parameter');
});

test('open mode ignores credentials: a client of Amperity needs no other change than its base URL', async () => {
  expect((await open('Host', 'localhost', 'Authorization', 'Bearer x')).team.name).toBe('local');
});
