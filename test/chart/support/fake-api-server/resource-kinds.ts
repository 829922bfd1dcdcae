import { type KubeObject, type Members, within } from './kube-object.ts';

export interface Kind {
  readonly apiVersion: string;
  readonly kind: string;
  readonly plural: string;
}

const kind = (apiVersion: string, name: string): Kind => {
  const lower = name.toLowerCase();
  const plural = lower.replace(/y$/, 'ie').replace(/(ss)$/, '$1e');
  return { apiVersion, kind: name, plural: `${plural}s` };
};

/** All of them belong to a namespace. */
export const kinds: readonly Kind[] = [
  kind('v1', 'ConfigMap'),
  kind('v1', 'Pod'),
  kind('v1', 'Secret'),
  kind('v1', 'Service'),
  kind('v1', 'ServiceAccount'),
  kind('apps/v1', 'Deployment'),
  kind('apps/v1', 'ReplicaSet'),
  kind('autoscaling/v2', 'HorizontalPodAutoscaler'),
  kind('networking.k8s.io/v1', 'Ingress'),
  kind('networking.k8s.io/v1', 'NetworkPolicy'),
  kind('policy/v1', 'PodDisruptionBudget'),
  kind('gateway.networking.k8s.io/v1', 'HTTPRoute'),
  kind('monitoring.coreos.com/v1', 'PrometheusRule'),
  kind('monitoring.coreos.com/v1', 'ServiceMonitor'),
];

export const groupVersions: readonly string[] = [...new Set(kinds.map(({ apiVersion }) => apiVersion))];

/** Below which path a group stands: the oldest has one of its own. */
export const rootOf = (apiVersion: string): string => (apiVersion === 'v1' ? 'api/v1' : `apis/${apiVersion}`);

export interface Target {
  readonly kind: Kind;
  /** Absent: all of them. */
  readonly namespace?: string;
  /** Absent: the collection. */
  readonly name?: string;
  readonly subresource?: string;
}

/** What a path is about, if it is about objects. */
export function targetOf(path: string): Target | undefined {
  const pattern =
    /^\/(?:api\/(v1)|apis\/([^/]+\/[^/]+))(?:\/namespaces\/([^/]+))?\/([^/]+)(?:\/([^/]+))?(?:\/([^/]+))?$/;
  const [, core, group, namespace, plural, name, subresource] = pattern.exec(path) ?? [];
  const found = kinds.find((each) => each.apiVersion === (core ?? group) && each.plural === plural);
  return (
    found && {
      kind: found,
      ...(namespace && { namespace }),
      ...(name && { name }),
      ...(subresource && { subresource }),
    }
  );
}

/** As an object without content; what is created has its name in the body alone. */
export function placeOf(
  { kind: { apiVersion, kind }, namespace = '', name }: Target,
  body: Members,
): KubeObject {
  return { apiVersion, kind, metadata: { name: name ?? String(within(body.metadata).name), namespace } };
}
