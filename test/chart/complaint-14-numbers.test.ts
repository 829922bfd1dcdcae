import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { changed } from './support/changed.ts';
import { complete } from './support/ci-values.ts';
import { helms } from './support/helm-binaries.ts';
import { helmTemplate, render } from './support/helm-template.ts';
import { find } from './support/manifest.ts';

test.each(helms())('14 large numbers stay numbers, with helm $version', (helm) => {
  const [million, megabytes, sixteen] = [1_000_000, 10_485_760, 16_777_216];
  const values = changed(complete, {
    config: {
      cache: { memory: { maxBytes: megabytes, maxEntryBytes: million } },
      upstream: { maxBodyBytes: sixteen },
    },
    strategy: { maxSurge: million, maxUnavailable: sixteen },
    terminationGracePeriodSeconds: million,
    autoscaling: { enabled: true, maxReplicas: megabytes, targetCPUUtilizationPercentage: million },
    podDisruptionBudget: { maxUnavailable: million },
    clusterIdentity: { enabled: true, expirationSeconds: sixteen },
    probes: { liveness: { periodSeconds: million } },
    podSecurityContext: { runAsUser: 1_000_650_000 },
    teams: { existingSecret: '', value: { web: { profilesPerDay: million } } },
  });
  const { text, said } = helmTemplate({ helm, values });
  expect(said).toBe('');
  expect(text).not.toMatch(/\de\+\d/);
  const manifests = render({ helm, values });
  const settings = parse(find(manifests, 'ConfigMap').data?.['gateway.yaml'] ?? '');
  expect(settings.cache.memory).toEqual({ maxBytes: megabytes, maxEntryBytes: million });
  expect(settings.upstream.maxBodyBytes).toBe(sixteen);
  expect(settings.budget.maxReplicas).toBe(megabytes + million);
  expect(parse(find(manifests, 'Secret').stringData?.['teams.yaml'] ?? '').teams.web.profilesPerDay).toBe(
    million,
  );
  expect(find(manifests, 'PodDisruptionBudget').spec.maxUnavailable).toBe(million);
  const { spec } = find(manifests, 'Deployment').spec.template;
  expect(spec.terminationGracePeriodSeconds).toBe(million);
  expect(spec.securityContext?.runAsUser).toBe(1_000_650_000);
});
