import { describe, expect, test } from '@jest/globals';
import { changed } from './support/changed.ts';
import { ciFile, complete } from './support/ci-values.ts';
import { helms } from './support/helm-binaries.ts';
import { render } from './support/helm-template.ts';
import { find, type Manifest } from './support/manifest.ts';

describe.each(helms())('12 a network policy, with helm $version,', (helm) => {
  const of = (name: string) => render({ helm, files: [ciFile(name)] });

  const egress = (manifests: Manifest[]) => find(manifests, 'NetworkPolicy', 'gateway').spec.egress;
  const tests = expect.objectContaining({
    podSelector: { matchLabels: expect.objectContaining({ 'app.kubernetes.io/component': 'test' }) },
  });

  test('lets DNS out, on the ports and to the peers that are named', () => {
    expect(egress(of('netpol'))[0]).toEqual({
      to: [{ namespaceSelector: {} }],
      ports: [53, 5353].flatMap((port) => ['UDP', 'TCP'].map((protocol) => ({ port, protocol }))),
    });
    expect(egress(of('bundled'))[0]).not.toHaveProperty('to');
  });

  test('lets out to the Redis that is used', () => {
    const port6379 = [{ port: 6379, protocol: 'TCP' }];
    expect(egress(of('netpol'))).toContainEqual({
      to: [{ ipBlock: { cidr: '10.1.2.0/24' } }],
      ports: port6379,
    });
    const { matchLabels } = find(of('bundled'), 'Deployment', '-redis').spec.selector;
    expect(egress(of('bundled'))).toContainEqual({
      to: [{ podSelector: { matchLabels } }],
      ports: port6379,
    });
    const to = [{ podSelector: { matchLabels: { app: 'redis' } } }];
    const ports = [6379, 26379, 16379].map((port) => ({ port, protocol: 'TCP' }));
    const rules = egress(
      render({
        helm,
        values: changed(complete, { networkPolicy: { enabled: true, egress: { redis: [{ to }] } } }),
      }),
    );
    expect(rules).toContainEqual({ to, ports });
  });

  test('lets out to public addresses, and to none inside or of the metadata service', () => {
    const [, upstream] = egress(of('bundled'));
    expect(upstream?.ports).toEqual([{ port: 443, protocol: 'TCP' }]);
    const ipv4 = ['10.0.0.0/8', '100.64.0.0/10', '169.254.0.0/16', '172.16.0.0/12', '192.168.0.0/16'];
    expect(upstream?.to).toEqual([
      { ipBlock: { cidr: '0.0.0.0/0', except: expect.arrayContaining(ipv4) } },
      { ipBlock: { cidr: '::/0', except: expect.arrayContaining(['fc00::/7', 'fe80::/10']) } },
    ]);
    expect(egress(of('netpol'))[1]?.to).toEqual([{ ipBlock: { cidr: '198.51.100.0/24' } }]);
  });

  test('lets in the namespace where nobody is named, and never everybody', () => {
    const inside = (manifests: Manifest[]) =>
      find(manifests, 'NetworkPolicy', 'gateway').spec.ingress.map(({ from, ports }) => [
        ports[0]?.port,
        from,
      ]);
    const namespace = [{ podSelector: {} }, tests];
    expect(inside(of('bundled'))).toEqual([
      [8080, namespace],
      [9090, namespace],
    ]);
    const named = (name: string) => ({
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': name } },
    });
    expect(inside(of('netpol'))).toEqual([
      [8080, [named('shop'), tests]],
      [9090, [named('monitoring'), tests]],
    ]);
  });

  test('of the bundled Redis lets in the gateway alone', () => {
    const { ingress, egress } = find(of('openshift'), 'NetworkPolicy', '-redis').spec;
    const { matchLabels } = find(of('openshift'), 'Deployment', 'gateway').spec.selector;
    expect(ingress.map(({ from }) => from)).toEqual([[{ podSelector: { matchLabels } }]]);
    expect(egress).toEqual([]);
  });
});
