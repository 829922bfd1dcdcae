import { containersOf, type Items, type Manifest, type PodSpec, podsOf, type Volume } from './manifest.ts';

/** What does not fit together in a render, although each object is right by itself. */
export function* incoherences(
  manifests: readonly Manifest[],
  existing: ReadonlySet<string>,
): Generator<string> {
  const pods = podsOf(manifests);
  yield* twice(manifests.map(({ kind, metadata }) => `${kind}/${metadata.name}`));
  const own = new Map(manifests.map((it) => [`${it.kind}/${it.metadata.name}`, it]));
  for (const { spec } of pods) {
    yield* twiceInPod(spec);
    for (const [reference, key] of references(spec)) {
      const target = own.get(reference);
      if (target === undefined ? !existing.has(reference) : key && !keysOf(target).includes(key)) {
        yield `${reference} holds no ${key}`;
      }
    }
    const account = spec.serviceAccountName ?? 'default';
    if (account !== 'default' && !own.has(`ServiceAccount/${account}`))
      yield `there is no account ${account}`;
  }
  for (const { kind, metadata, spec } of manifests) {
    if (metadata.name.length > 63) yield `${metadata.name} is longer than a name may be`;
    if (kind === 'Deployment' && !fits(spec.selector.matchLabels, spec.template.metadata.labels)) {
      yield `${metadata.name} does not select its own pods`;
    }
    if (kind !== 'Service') continue;
    const selected = pods.filter(({ labels }) => fits(spec.selector, labels));
    if (selected.length !== 1) yield `${metadata.name} selects ${selected.length} kinds of pods`;
    for (const { targetPort } of spec.ports) {
      const named = selected.flatMap((pod) => pod.spec.containers.flatMap(({ ports = [] }) => ports));
      if (!named.some(({ name }) => name === targetPort))
        yield `${metadata.name} leads to no port ${targetPort}`;
    }
  }
}

const keysOf = ({ data, stringData }: Manifest): string[] => Object.keys({ ...data, ...stringData });

function* twice(names: readonly string[]): Generator<string> {
  for (const name of new Set(names.filter((each, index) => names.indexOf(each) < index))) {
    yield `${name} stands there twice`;
  }
}

/** Names and paths that a pod may hold once only. */
export function* twiceInPod(pod: PodSpec): Generator<string> {
  const containers = containersOf(pod);
  const volumes = (pod.volumes ?? []).map(({ name }) => name);
  yield* twice(containers.map(({ name }) => name));
  yield* twice(volumes);
  for (const { projected } of pod.volumes ?? []) yield* twice(pathsOf(projected));
  for (const { env = [], ports = [], volumeMounts = [] } of containers) {
    for (const list of [env, ports]) yield* twice(list.map(({ name }) => name));
    yield* twice(volumeMounts.map(({ mountPath }) => mountPath));
    for (const { name } of volumeMounts) if (!volumes.includes(name)) yield `there is no volume ${name}`;
  }
}

const pathsOf = (projected: Volume['projected']): string[] =>
  (projected?.sources ?? []).flatMap(({ secret, configMap, serviceAccountToken }) =>
    [
      ...(secret?.items ?? []),
      ...(configMap?.items ?? []),
      ...(serviceAccountToken ? [serviceAccountToken] : []),
    ].map(({ path }) => path),
  );

/** ConfigMaps and Secrets that a pod needs, each with a key it needs of it, if it names any. */
function references({ volumes = [] }: PodSpec): [string, string | undefined][] {
  const sources = volumes.flatMap(({ configMap, secret, projected }: Volume) => [
    { configMap, secret: secret && { ...secret, name: secret.secretName } },
    ...(projected?.sources ?? []),
  ]);
  const named = (kind: string, source?: Items & { name: string }): [string, string | undefined][] =>
    source ? (source.items ?? [{ key: undefined }]).map(({ key }) => [`${kind}/${source.name}`, key]) : [];
  return sources.flatMap((it) => [...named('ConfigMap', it.configMap), ...named('Secret', it.secret)]);
}

const fits = (
  selector: Readonly<Record<string, unknown>> = {},
  labels: Readonly<Record<string, string>> = {},
) =>
  Object.keys(selector).length > 0 && Object.entries(selector).every(([key, value]) => labels[key] === value);
