import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type SimulatorHandle, spawnSimulator } from '../../simulator/client.ts';
import { type GatewayHandle, spawnGateway } from '../support/spawn-gateway.ts';

/** The curl example of Amperity's page, its layout undone. */
const CURL = `curl -sS -G "$BASE/indexes/$ID/profiles" -d limit=100 -d with_total=true \
  --data-urlencode 'filter[first_name]=Daniel' --data-urlencode 'filter[last_name]=Kulhman' \
  -H 'amperity-tenant: acme' -H 'api-version: 2025-07-31' -H "Authorization: Bearer $TOKEN"`;

/** The same question with the query in the URL. */
const inUrl = (open: string, close: string) => `curl -g -sS "$BASE/indexes/$ID/profiles?limit=100\
&with_total=true&filter${open}first_name${close}=Daniel&filter${open}last_name${close}=Kulhman" \
  -H 'amperity-tenant: acme' -H 'api-version: 2025-07-31' -H "Authorization: Bearer $TOKEN"`;

/** The Python example, with the standard library in place of requests: the same bytes on the wire. */
const PYTHON = `
import csv, json, os, urllib.parse, urllib.request
query = urllib.parse.urlencode({"limit": "100", "with_total": "true",
                                "filter[first_name]": "Daniel", "filter[last_name]": "Kulhman"})
request = urllib.request.Request(
    os.environ["BASE"] + "/indexes/" + os.environ["ID"] + "/profiles?" + query,
    headers={"accept": "application/json", "authorization": "Bearer " + os.environ["TOKEN"],
             "amperity-tenant": "acme", "api-version": "2025-07-31"})
data = json.loads(urllib.request.urlopen(request).read())["data"]
with open("profiles.csv", "w", newline="") as file:
    writer = csv.DictWriter(file, fieldnames=data[0].keys())
    writer.writeheader()
    for entry in data:
        writer.writerow(entry)
`;

let simulator: SimulatorHandle;
let gateway: GatewayHandle;
let folder: string;

beforeAll(async () => {
  for (const tool of ['curl', 'python3']) needs(tool);
  simulator = await spawnSimulator({ preset: 'test' });
});
afterAll(() => simulator?.stop());
beforeEach(async () => {
  await simulator.restoreKnobs();
  await simulator.reset();
  gateway = await spawnGateway(simulator.dataUrl);
  folder = mkdtempSync(join(tmpdir(), 'documented-clients-'));
});
afterEach(async () => {
  rmSync(folder, { recursive: true, force: true });
  await gateway.stop();
});

/** These clients are what is tested, so a machine without them cannot say that it works. */
function needs(tool: string): void {
  if (spawnSync(tool, ['--version']).status === 0) return;
  throw new Error(`This test runs ${tool}, which is not on PATH: apt-get install -y ${tool}`);
}

/** Runs a client that knows nothing but a base URL, an index and a token, as its users do. */
async function run(command: string, ...args: string[]): Promise<string> {
  const env = {
    ...process.env,
    BASE: `${gateway.url}/api`,
    ID: 'idx-loyalty',
    TOKEN: gateway.key(),
    NO_PROXY: '*',
    no_proxy: '*',
  };
  const { stdout } = await promisify(execFile)(command, args, { cwd: folder, env, timeout: 15_000 });
  gateway.answered({ headers: {}, body: Buffer.from(stdout) });
  return stdout;
}

interface Page {
  readonly total?: number;
  readonly data: readonly { attributes: Record<string, string> }[];
}

describe('the documented clients, with base URL and credential changed and nothing else', () => {
  test('curl finds Daniel Kulhman and the total', async () => {
    const { total, data } = JSON.parse(await run('bash', '-c', CURL)) as Page;
    expect(total).toBe(1);
    expect(data).toHaveLength(1);
    expect(data[0]?.attributes).toMatchObject({ first_name: 'Daniel', last_name: 'Kulhman' });
  });

  test('curl gets the same bytes however it spells the brackets, for one call in all', async () => {
    const bodies = [
      await run('bash', '-c', CURL),
      await run('bash', '-c', inUrl('[', ']')),
      await run('bash', '-c', inUrl('%5B', '%5D')),
      await run('bash', '-c', inUrl('%5b', '%5d')),
    ];
    expect(JSON.parse(bodies[0] ?? '').total).toBe(1);
    expect(new Set(bodies).size).toBe(1);
    expect((await simulator.summary()).requests).toBe(1);
  });

  test('Python writes him into profiles.csv', async () => {
    await run('python3', '-c', PYTHON);
    const [columns, row, ...rest] = readFileSync(join(folder, 'profiles.csv'), 'utf8').split('\r\n');
    expect(columns).toBe('id,index_id,attributes');
    expect(row).toMatch(/^m-\d{5},idx-loyalty,.*'first_name': 'Daniel', 'last_name': 'Kulhman'/);
    expect(rest).toEqual(['']);
  });

  test('Python finds the columns of the flat item shape as well', async () => {
    await simulator.knobs({ 'data.shape': 'flat' });
    await run('python3', '-c', PYTHON);
    const [columns, row] = readFileSync(join(folder, 'profiles.csv'), 'utf8').split('\r\n');
    expect(columns).toMatch(/^id,name,first_name,last_name,email,/);
    expect(row).toMatch(/^m-\d{5},Daniel Kulhman,Daniel,Kulhman,/);
  });

  test('curl and Python share one call', async () => {
    await run('python3', '-c', PYTHON);
    await run('bash', '-c', CURL);
    expect((await simulator.summary()).requests).toBe(1);
  });
});
