import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type FakeApiServer, startFakeApiServer } from './support/fake-api-server/fake-api-server.ts';
import { createValidation } from './support/fake-api-server/validation.ts';

// What helm and kubectl meet of it is tested where they run; here is what they do not.
describe('the API server in memory', () => {
  let server: FakeApiServer;
  beforeAll(async () => {
    server = await startFakeApiServer(createValidation());
  });
  afterAll(() => server.stop());

  const at = (path: string, init?: RequestInit) =>
    fetch(`${server.url}/api/v1/namespaces/shop/configmaps${path}`, init);
  const create = (name: string) => {
    const metadata = { name, labels: { app: name } };
    const body = JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata });
    return at('', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body });
  };

  test('tells those who watch what happens to what they have selected', async () => {
    await create('before');
    const { metadata } = JSON.parse(await (await at('')).text());
    const query = new URLSearchParams({
      watch: 'true',
      resourceVersion: metadata.resourceVersion,
      labelSelector: 'app=seen',
    });
    const watched = await at(`?${query}`);
    for (const name of ['other', 'seen']) await create(name);
    await at('/seen', { method: 'DELETE' });
    let told = '';
    for await (const chunk of watched.body ?? []) {
      told += Buffer.from(chunk);
      if (told.includes('DELETED')) break;
    }
    const lines = told.trim().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { type: 'ADDED', object: { metadata: { name: 'seen' } } },
      { type: 'DELETED', object: { metadata: { name: 'seen' } } },
    ]);
  });

  test.each([
    ['what is not there', '/missing', 404],
    ['a kind that nobody knows', '/../secretes', 404],
    ['a list that is sent by a watch', '?watch=1&sendInitialEvents=true', 422],
    ['a selector that it does not understand', '?labelSelector=a+in+(b)', 500],
  ])('refuses %s', async (_, path, status) => {
    await create('any');
    expect((await at(path)).status).toBe(status);
  });
});
