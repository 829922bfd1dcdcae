import { createHash, randomUUID } from 'node:crypto';
import { type KubeObject, type Members, within } from './kube-object.ts';

/** What the server itself adds to an object before it is stored, and controllers soon after, as if all went well. */
export function asStored(sent: KubeObject, before?: KubeObject): KubeObject {
  const { stringData, ...object } = sent;
  const sameSpec = before && JSON.stringify(before.spec) === JSON.stringify(object.spec);
  const generation = before?.metadata.generation ?? 0;
  const metadata = {
    ...object.metadata,
    uid: before?.metadata.uid ?? randomUUID(),
    creationTimestamp: before?.metadata.creationTimestamp ?? new Date().toISOString(),
    generation: sameSpec ? generation : generation + 1,
  };
  return { ...object, ...added({ ...object, metadata }, within(stringData)), metadata };
}

function added(object: KubeObject, stringData: Members): Members {
  switch (object.kind) {
    case 'Secret':
      return { data: { ...within(object.data), ...inBase64(stringData) } };
    case 'Service':
      return {
        spec: { ...within(object.spec), clusterIP: '10.96.0.10' },
        status: { loadBalancer: { ingress: [{ ip: '192.0.2.1' }] } },
      };
    case 'Pod':
      return { status: { phase: 'Succeeded' } };
    case 'Deployment':
    case 'ReplicaSet':
      return deployed(object);
    default:
      return {};
  }
}

const inBase64 = (texts: Members): Members =>
  Object.fromEntries(
    Object.entries(texts).map(([key, text]) => [key, Buffer.from(String(text)).toString('base64')]),
  );

function deployed({ metadata, spec }: KubeObject): Members {
  const { replicas = 1 } = within(spec);
  const status = {
    observedGeneration: metadata.generation,
    replicas,
    updatedReplicas: replicas,
    readyReplicas: replicas,
    availableReplicas: replicas,
    conditions: [
      { type: 'Available', status: 'True' },
      { type: 'Progressing', status: 'True', reason: 'NewReplicaSetAvailable' },
    ],
  };
  // Helm 3 ends with a panic where the default is missing.
  return { spec: { ...within(spec), replicas }, status };
}

/** The one that a Deployment makes of its present template: another template, another set, and so other pods. */
export function replicaSetOf({ metadata, spec }: KubeObject): KubeObject {
  const { replicas = 1, selector, template } = within(spec);
  const hash = createHash('sha256').update(JSON.stringify(template)).digest('hex').slice(0, 10);
  const { name, namespace = '', uid } = metadata;
  const owner = { apiVersion: 'apps/v1', kind: 'Deployment', name, uid, controller: true };
  const labels = Object.fromEntries(
    Object.entries(within(template, 'metadata', 'labels')).map(([label, value]) => [label, String(value)]),
  );
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name: `${name}-${hash}`, namespace, labels, ownerReferences: [owner] },
    spec: { replicas, selector, template },
  };
}

/** Whether `object` goes when `owner` does. */
export function isOwned(object: KubeObject, owner: KubeObject): boolean {
  const { ownerReferences = [] } = object.metadata;
  return Array.isArray(ownerReferences) && ownerReferences.some(({ uid }) => uid === owner.metadata.uid);
}
