import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { describe, expect, test } from '@jest/globals';
import { call, type ListBody } from './support/call.ts';
import { useSimulator } from './support/simulator.ts';

/** The runnable form of the documented curl example. */
const CURL = `curl -sS -G "$BASE/indexes/$ID/profiles" -d limit=100 -d with_total=true \
  --data-urlencode 'filter[first_name]=Daniel' --data-urlencode 'filter[last_name]=Kulhman' \
  -H 'amperity-tenant: acme' -H 'api-version: 2025-07-31' -H "Authorization: Bearer $TOKEN"`;

/** The documented Python example, with the standard library in place of requests: same bytes on the wire. */
const PYTHON = `
import csv, io, json, os, urllib.parse, urllib.request
query = urllib.parse.urlencode({"limit": "100", "with_total": "true",
                                "filter[first_name]": "Daniel", "filter[last_name]": "Kulhman"})
request = urllib.request.Request(
    os.environ["BASE"] + "/indexes/" + os.environ["ID"] + "/profiles?" + query,
    headers={"accept": "application/json", "authorization": "Bearer " + os.environ["TOKEN"],
             "amperity-tenant": "acme", "api-version": "2025-07-31"})
data = json.loads(urllib.request.urlopen(request).read())["data"]
text = io.StringIO()
writer = csv.DictWriter(text, fieldnames=data[0].keys())
writer.writeheader()
for entry in data:
    writer.writerow(entry)
print(text.getvalue())
`;

const simulator = useSimulator();

function run(command: string, args: readonly string[]): SpawnSyncReturns<string> {
  const env = {
    ...process.env,
    BASE: simulator().dataUrl,
    ID: 'idx-loyalty',
    TOKEN: 'sim-token',
    NO_PROXY: '*',
  };
  return spawnSync(command, args, { encoding: 'utf8', env });
}

/** Whether the machine has the tool at all; where it has not, the same request is made here. */
function present(command: string): boolean {
  return spawnSync(command, ['--version']).status === 0;
}

const sameRequest = (brackets: readonly [string, string], headers: Record<string, string> = {}) => {
  const name = (attribute: string) => `filter${brackets[0]}${attribute}${brackets[1]}`;
  const queryText = `limit=100&with_total=true&${name('first_name')}=Daniel&${name('last_name')}=Kulhman`;
  return call(simulator().dataUrl, `/indexes/idx-loyalty/profiles?${queryText}`, { headers });
};

describe('the documented sample clients', () => {
  test('curl finds Daniel Kulhman', async () => {
    const text = present('curl')
      ? run('bash', ['-c', CURL]).stdout
      : (await sameRequest(['%5B', '%5D'])).text;
    const { total, data } = JSON.parse(text) as ListBody;
    expect(total).toBe(1);
    expect(data.map(({ attributes }) => `${attributes.first_name} ${attributes.last_name}`)).toEqual([
      'Daniel Kulhman',
    ]);
  });

  test('curl -g with literal brackets finds him too', async () => {
    const literal = CURL.replace('curl', 'curl -g')
      .replace('/profiles"', '/profiles?filter[first_name]=Daniel&filter[last_name]=Kulhman"')
      .replaceAll(/--data-urlencode '[^']*'/g, '');
    const text = present('curl') ? run('bash', ['-c', literal]).stdout : (await sameRequest(['[', ']'])).text;
    expect((JSON.parse(text) as ListBody).total).toBe(1);
  });

  test('Python writes him into a CSV file', async () => {
    if (present('python3')) {
      const { stdout, stderr } = run('python3', ['-c', PYTHON]);
      expect(stderr).toBe('');
      const [columns, row] = stdout.trim().split(/\r?\n/);
      expect(columns).toBe('id,index_id,attributes');
      expect(row).toMatch(/^m-\d{5},idx-loyalty,.*'first_name': 'Daniel', 'last_name': 'Kulhman'/);
    } else {
      const { data } = (await sameRequest(['%5B', '%5D'], { 'user-agent': 'python-requests/2.32.3' })).json();
      expect(data).toHaveLength(1);
      expect(Object.keys(data[0] ?? {})).toEqual(['id', 'index_id', 'attributes']);
    }
  });
});
