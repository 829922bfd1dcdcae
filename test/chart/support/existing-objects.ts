import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** ConfigMaps and Secrets that the values in `ci` name, as somebody would have made them before. */
export function existingObjects(): ReadonlyMap<string, Readonly<Record<string, string>>> {
  const { cert, key } = selfSigned();
  const teams = {
    web: {
      keys: [{ id: '3f9k2mZr0a', sha256: '5f'.repeat(32), notAfter: '2099-06-01' }],
      indexes: ['*'],
      attributes: '*',
      profilesPerDay: 1000,
      jwt: [
        {
          issuer: 'https://kubernetes.default.svc.cluster.local',
          claims: { sub: 'system:serviceaccount:shop:web' },
        },
      ],
    },
  };
  const withoutTokens = { web: { ...teams.web, jwt: [] } };
  const key32 = Buffer.alloc(32, 1).toString('base64');
  return new Map<string, Record<string, string>>([
    ['Secret/amperity', { token: 'amperity-token\n', 'client-secret': 'secret' }],
    ['Secret/gateway-teams', { 'teams.yaml': JSON.stringify({ teams: withoutTokens }) }],
    ['Secret/gateway-teams-jwt', { 'teams.yaml': JSON.stringify({ teams }) }],
    ['Secret/gateway-cache-keys', { 'cache-keys': `k2:${key32},k1:${key32}` }],
    ['Secret/gateway-mask-key', { 'mask-key': key32 }],
    [
      'Secret/redis',
      {
        'redis-password': 'password',
        'sentinel-password': 'other',
        url: 'rediss://agw:password@redis.internal:6379/2',
      },
    ],
    ['Secret/redis-ca', { 'ca.crt': cert }],
    ['Secret/redis-client', { 'tls.crt': cert, 'tls.key': key }],
    ['ConfigMap/kube-root-ca.crt', { 'ca.crt': cert }],
    ['ConfigMap/gateway-settings', { 'production.yaml': 'budget: { maxReplicas: 3 }\n' }],
  ]);
}

function selfSigned(): { cert: string; key: string } {
  const folder = mkdtempSync(join(tmpdir(), 'certificate-'));
  const [cert, key] = [join(folder, 'crt'), join(folder, 'key')];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const what = ['-subj', '/CN=test', '-days', '2', '-keyout', key, '-out', cert];
  execFileSync('openssl', ['req', '-x509', ...curve, ...what], { stdio: 'pipe' });
  const made = { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') };
  rmSync(folder, { recursive: true });
  return made;
}
