import { describe, expect, test } from '@jest/globals';
import { changed } from './support/changed.ts';
import { complete } from './support/ci-values.ts';
import { configCheck, gatewayPod } from './support/config-check.ts';
import { existingObjects } from './support/existing-objects.ts';
import { render } from './support/helm-template.ts';

describe('8 an external Redis', () => {
  const existing = existingObjects();
  const hosts = {
    redis: 'redis.internal:6379',
    'redis+sentinel': 's1.internal:26379,s2.internal:26379/mymaster',
    'redis+cluster': 'n1.internal:6379,n2.internal:6379',
  };
  const encryption = {
    plain: {},
    'an authority of its own': { caSecret: 'redis-ca' },
    'client certificates': { caSecret: 'redis-ca', certSecret: 'redis-client' },
  };
  const inClear = { existingSecret: '', password: 'a "quoted" #password', sentinelPassword: 'other' };
  const inSecret = { existingSecret: 'redis', keys: { sentinelPassword: 'sentinel-password' } };
  const cases = Object.entries(hosts).flatMap(([scheme, host]) =>
    Object.entries(encryption).flatMap(([name, tls]) =>
      [inClear, inSecret].map((given) => {
        const url = `${name === 'plain' ? scheme : scheme.replace('redis', 'rediss')}://${host}`;
        // Only Sentinels have a second password.
        const password = scheme.endsWith('sentinel')
          ? given
          : { ...given, sentinelPassword: '', keys: { sentinelPassword: '' } };
        const way = given === inClear ? 'in clear' : 'in a Secret';
        return [`${scheme}, ${name}, passwords ${way}`, { url, username: 'agw', tls, ...password }] as const;
      }),
    ),
  );

  test.each(cases)('is one that the gateway takes: %s', (_, redis) => {
    const manifests = render({ values: changed(complete, { redis }) });
    const { container } = gatewayPod(manifests);
    expect(container.env).toContainEqual({ name: 'REDIS_URL', value: redis.url });
    expect(configCheck(manifests, existing)).toBe('ok');
  });

  test('may have its whole URL in a Secret', () => {
    const redis = { url: '', keys: { url: 'url', password: '' } };
    const manifests = render({ values: changed(complete, { redis }) });
    const names = gatewayPod(manifests).container.env?.map(({ name }) => name);
    expect(names).toContain('REDIS_URL_FILE');
    expect(names).not.toContain('REDIS_PASSWORD_FILE');
    expect(configCheck(manifests, existing)).toBe('ok');
  });

  test('has each password and certificate in the file that its variable names', () => {
    const redis = {
      url: 'rediss+sentinel://s1,s2/mymaster',
      keys: { sentinelPassword: 'sentinel-password' },
      tls: { caSecret: 'redis-ca', certSecret: 'redis-client' },
    };
    const { container, volumes = [] } = gatewayPod(render({ values: changed(complete, { redis }) }));
    const sources = volumes.flatMap(({ projected }) => projected?.sources ?? []);
    const origins = sources.flatMap(({ secret }) =>
      (secret?.items ?? []).map(({ key, path }) => {
        const named = container.env?.find(({ value }) => value === `/run/secrets/amperity-gateway/${path}`);
        return [named?.name, `${secret?.name} ${key}`];
      }),
    );
    expect(Object.fromEntries(origins)).toEqual({
      AMPERITY_TOKEN_FILE: 'amperity token',
      CACHE_KEYS_FILE: 'gateway-cache-keys cache-keys',
      TEAMS_FILE: 'gateway-teams teams.yaml',
      REDIS_PASSWORD_FILE: 'redis redis-password',
      REDIS_SENTINEL_PASSWORD_FILE: 'redis sentinel-password',
      REDIS_CA_FILE: 'redis-ca ca.crt',
      REDIS_CERT_FILE: 'redis-client tls.crt',
      REDIS_KEY_FILE: 'redis-client tls.key',
    });
  });
});
