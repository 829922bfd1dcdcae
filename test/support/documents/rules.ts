import { type Command, commandsOfAll } from './commands.ts';

/**
 * What it is worth that a command has a rule: `run`, by the programs and against the servers that it means; `stand-in`,
 * run, but against something that plays the cluster or the containers; `parsed`, not run for its length, but the
 * program that it starts has read its arguments; `compared`, not run and not parsed, but whatever it names is there;
 * `named`, a mention that tells nobody to run it.
 */
export type Way = 'run' | 'stand-in' | 'parsed' | 'compared' | 'named';

export interface Rule {
  /** Of the whole command, on one line and without its comment. The first rule that fits holds. */
  readonly command: RegExp;
  /** Only in documents of this name. */
  readonly document?: string;
  readonly way: Way;
  /** The test that sees to it, below `test`. */
  readonly by: string;
  /** What shows that this test does, where it does not ask for its commands itself. */
  readonly evidence?: string;
  /** Of standard output, where the command is run and nothing else is looked at. */
  readonly prints?: RegExp;
  /** By default 0. */
  readonly exitCode?: number;
}

const LINES = 'gateway/documents/command-line.test.ts';
const LISTENERS = 'gateway/documents/listeners.test.ts';
const START = 'gateway/documents/start.test.ts';
const LONG = 'gateway/documents/long-runs.test.ts';
const DEMO = 'gateway/documents/demo.test.ts';
const REDIS = 'redis/documents.test.ts';
const SIMULATOR = 'simulator/documents.test.ts';
const CHART = 'chart/documents.test.ts';
const FLEET = 'chart/compose-fleet.test.ts';

/** A key, and the lines for gateway.yaml that hold its digest. */
const NEW_KEY = /^agw_live_\w+$[\s\S]+^ {2}web:\n {4}keys:\n {6}- id: \w+\n {8}sha256: [0-9a-f]{64}$/m;
const NEW_BROWSER_KEY = /^agw_live_\w+$[\s\S]+kind: browser\n {8}origins:\n {10}- https:\/\/app\.example$/m;
const MADE_UP_PLAN =
  /^20000 requests in 300 s\n[\s\S]+^batch +defaults [\s\S]+^changed: [\d.]+ of 20 calls\/s/m;

export const RULES: readonly Rule[] = [
  {
    command: /^(curl|ETAG=).*$/,
    document: 'docs/moving.md',
    way: 'run',
    by: 'gateway/moving.test.ts',
    evidence: 'docs/moving.md',
  },

  {
    command: /^(npm run demo|export (KEY|GATEWAY)=.*|node|python3|bash|npx tsx).*$/,
    document: 'examples/README.md',
    way: 'run',
    by: 'gateway/examples.test.ts',
    evidence: 'examples/README.md',
  },

  { command: /^(npm run cli -- )?keys create --team \S+$/, way: 'run', by: LINES, prints: NEW_KEY },
  {
    command: /^(npm run cli -- )?keys create --team \S+ --browser --origin \S+$/,
    way: 'run',
    by: LINES,
    prints: NEW_BROWSER_KEY,
  },
  { command: /^keys create$/, way: 'run', by: LINES, exitCode: 64, prints: /^$/ },
  { command: /^keys hash$/, way: 'run', by: LINES, prints: /^id: \w+\nsha256: [0-9a-f]{64}\n$/ },
  { command: /^npm run cli -- config check$/, way: 'run', by: LINES, prints: /^ok\n$/m },
  {
    command: /^npm run cli -- config schema$/,
    way: 'run',
    by: LINES,
    prints: /"title": "gateway\.yaml"\n\}\n$/,
  },
  {
    command: /^(npm run cli --|node dist\/cli\.js) doctor$/,
    way: 'run',
    by: LINES,
    prints: /^fine +Amperity: one call [\s\S]+\nNothing is wrong\.\n$/m,
  },
  { command: /^npm run cli -- plan$/, way: 'run', by: LINES, exitCode: 64, prints: /^$/ },
  {
    command: /^npm run cli -- plan --log .*$/,
    way: 'run',
    by: LINES,
    prints: /^2 requests in [\s\S]+^web +recorded [\s\S]+^ +changed /m,
  },
  { command: /^npm run cli -- plan --generate .*$/, way: 'run', by: LINES, prints: MADE_UP_PLAN },
  {
    command: /^GATEWAY_KEY=… npm run cli -- export .*$/,
    way: 'run',
    by: LINES,
    prints: /^id,index_id,.*\r\nm-\d+,idx-loyalty,.*Milan/,
  },
  {
    command: /^echo "k1:\$\(openssl rand -base64 32\)"$/,
    way: 'run',
    by: LINES,
    prints: /^k1:[A-Za-z0-9+/]{43}=\n$/,
  },
  { command: /^npm run fix$/, way: 'run', by: LINES, prints: /No fixes applied|Fixed \d+ file/ },
  {
    command: /^npm run check$/,
    way: 'run',
    by: LINES,
    prints: /^Checked \d+ files in .*No fixes applied\.$/m,
  },
  { command: /^npm run build$/, way: 'run', by: LINES, prints: /tsc -p tsconfig\.build\.json/ },

  { command: /^npm ci && npm run demo$/, way: 'run', by: DEMO },
  { command: /^PORT=8081 ADMIN_PORT=9091 npm run demo$/, way: 'run', by: DEMO },
  // Which it prints.
  { command: /^(export KEY=agw_demo_…|curl -si .*)$/, document: 'README.md', way: 'run', by: DEMO },
  { command: /^AMPERITY_BASE_URL=\S+ .*npm start$/, way: 'run', by: START },
  { command: /^npm start( -- --workers 4)?$/, way: 'run', by: START },
  { command: /^export REDIS_URL=.*$/, way: 'run', by: START },

  {
    command: /^curl -G "\$GATEWAY\/api\/.*$/,
    way: 'run',
    by: LISTENERS,
    prints: /^\{.*"data":\[\{"id":"m-\d+".*"first_name":"Daniel"/,
  },
  {
    command: /^curl -s http:\/\/127\.0\.0\.1:9090\/readyz$/,
    way: 'run',
    by: LISTENERS,
    prints: /^ready\n$/,
  },
  {
    command: /^curl -s http:\/\/127\.0\.0\.1:9090\/status$/,
    way: 'run',
    by: LISTENERS,
    prints: /^\{.*"budget":\{.*"teams":\{"web":/,
  },
  {
    command: /^curl -s http:\/\/127\.0\.0\.1:9090\/metrics$/,
    way: 'run',
    by: LISTENERS,
    prints: /^gateway_budget_rate \d+$/m,
  },
  {
    command: /^curl -X POST http:\/\/127\.0\.0\.1:9090\/revoke .*$/,
    way: 'run',
    by: LISTENERS,
    prints: /^\{"revoked":true/,
  },
  {
    command: /^curl -X POST http:\/\/127\.0\.0\.1:9090\/purge .*$/,
    way: 'run',
    by: LISTENERS,
    prints: /^\{"purged":true,/,
  },

  {
    command: /^npm run test:fast -- --testPathPatterns fair-queue$/,
    way: 'run',
    by: LONG,
    prints: /test\/\w+\/.*fair-queue\.test\.ts$/m,
  },
  { command: /^npm ci$/, way: 'parsed', by: LONG },
  { command: /^(npm ci && )?npm test$/, way: 'parsed', by: LONG },
  { command: /^npm run test:(chaos|chart|fast|timed|untimed)$/, way: 'parsed', by: LONG },
  { command: /^npm run bench -- .*$/, way: 'parsed', by: LONG },
  { command: /^npm run soak( -- .*)?$/, way: 'parsed', by: LONG },
  {
    command: /^npm ci --prefix tools\/http-cache-tests && node tools\/http-cache-tests\/run\.mjs$/,
    way: 'compared',
    by: LONG,
  },
  { command: /^node tools\/http-cache-tests\/run\.mjs --test <id>$/, way: 'compared', by: LONG },
  { command: /^npm run chart:generate$/, way: 'compared', by: LONG },

  { command: /^npm run simulator -- .*$/, way: 'run', by: SIMULATOR },
  { command: /^curl -G http:\/\/127\.0\.0\.1:4010\/.*$/, way: 'run', by: SIMULATOR },
  { command: /^node --import tsx simulator\/throughput\.ts$/, way: 'run', by: SIMULATOR },

  { command: /^redis-cli ping$/, way: 'run', by: REDIS, prints: /^PONG$/ },
  { command: /^info memory$/, way: 'run', by: REDIS, prints: /^# Memory\s+used_memory:\d+/ },
  { command: /^ACL SETUSER agw .*$/, way: 'run', by: REDIS, prints: /^OK$/ },
  { command: /^ACL LOG$/, way: 'run', by: REDIS, prints: /^$/ },
  {
    command:
      /^(save ""|appendonly no|maxmemory-policy volatile-lru|cluster-preferred-endpoint-type hostname)$/,
    way: 'run',
    by: REDIS,
  },
  { command: /^sentinel announce-hostnames yes$/, way: 'run', by: REDIS },

  {
    command: /^kubectl create secret generic .*$/,
    way: 'stand-in',
    by: CHART,
    prints: /^secret\/[\w-]+ created$/,
  },
  { command: /^helm install gateway .*$/, way: 'stand-in', by: CHART, prints: /^STATUS: deployed$/m },
  { command: /^helm test( gateway)?$/, way: 'stand-in', by: CHART, prints: /^Phase: +Succeeded$/m },
  { command: /^helm get values$/, way: 'stand-in', by: CHART, prints: /^ +tenant: acme$/m },
  { command: /^kubectl port-forward .*$/, way: 'compared', by: CHART },
  { command: /^docker build --target \w+$/, way: 'compared', by: CHART },
  {
    command: /^docker compose( --profile \S+)? (up --build --wait|down --volumes)$/,
    way: 'compared',
    by: CHART,
  },
  { command: /^KEY=\$\(docker compose logs init \| .*\)$/, way: 'stand-in', by: FLEET },
  { command: /^curl -H "X-API-Key: \$KEY" 'http:\/\/127\.0\.0\.1:8080\/.*'$/, way: 'stand-in', by: FLEET },
  { command: /^docker compose exec gateway .*$/, way: 'stand-in', by: FLEET },
  {
    command: /^promtool check metrics$/,
    way: 'run',
    by: 'chart/monitoring.test.ts',
    evidence: "'check', 'metrics'",
  },
  { command: /^tools\/kind\.sh$/, way: 'compared', by: 'chart/kind.test.ts', evidence: 'kind.sh' },
  { command: /^kubectl apply$/, way: 'named', by: 'chart/kubectl.test.ts', evidence: "'apply'" },
  { command: /^docker compose$/, way: 'named', by: 'chart/compose.test.ts', evidence: 'docker-compose.yml' },
];

export interface Assigned {
  readonly command: Command;
  readonly rule: Rule;
}

const fits = (rule: Rule, { document, text }: Command): boolean =>
  (rule.document ?? document) === document && rule.command.test(text);

/** Each command with its rule; without one where nobody has said yet how it is run. */
export const assignments = (commands = commandsOfAll()): (Omit<Assigned, 'rule'> & { rule?: Rule })[] =>
  commands.map((command) => {
    const rule = RULES.find((each) => fits(each, command));
    return { command, ...(rule && { rule }) };
  });

/** What the test of that name has to see to, as rows of `test.each`: where it stands first, then each different command once. */
export function commandsFor(by: string): [string, Assigned][] {
  const rows = new Map<string, Assigned & { places: string[] }>();
  for (const { command, rule } of assignments()) {
    if (rule?.by !== by) continue;
    const row = rows.get(command.text) ?? { command, rule, places: [] };
    row.places.push(`${command.document}:${command.line}`);
    rows.set(command.text, row);
  }
  return [...rows.values()].map(({ places, ...row }) => [`${row.command.text} (${places.join(', ')})`, row]);
}
