import type { KubeObject } from './kube-object.ts';

export interface Change {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: KubeObject;
}

export interface Store {
  /** The number of the last change. */
  version(): string;
  all(): KubeObject[];
  find(like: KubeObject): KubeObject | undefined;
  put(object: KubeObject): KubeObject;
  remove(object: KubeObject): void;
  /** What changed after a version, and whatever will, until it is told to stop. */
  follow(after: string, listener: (change: Change) => void): () => void;
}

const keyOf = ({ apiVersion, kind, metadata }: KubeObject): string =>
  [apiVersion, kind, metadata.namespace, metadata.name].join();

export function createStore(): Store {
  const objects = new Map<string, KubeObject>();
  const changes: Change[] = [];
  const listeners = new Set<(change: Change) => void>();
  const changed = (type: Change['type'], object: KubeObject): KubeObject => {
    const resourceVersion = String(changes.length + 1);
    const change = { type, object: { ...object, metadata: { ...object.metadata, resourceVersion } } };
    changes.push(change);
    for (const listener of listeners) listener(change);
    return change.object;
  };
  return {
    version: () => String(changes.length),
    all: () => [...objects.values()],
    find: (like) => objects.get(keyOf(like)),
    put: (object) => {
      const key = keyOf(object);
      const stored = changed(objects.has(key) ? 'MODIFIED' : 'ADDED', object);
      objects.set(key, stored);
      return stored;
    },
    remove: (object) => {
      objects.delete(keyOf(object));
      changed('DELETED', object);
    },
    follow: (after, listener) => {
      for (const change of changes.slice(Number(after))) listener(change);
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
