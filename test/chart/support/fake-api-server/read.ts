import type { ServerResponse } from 'node:http';
import { ApiError } from './api-error.ts';
import type { KubeObject } from './kube-object.ts';
import type { Target } from './resource-kinds.ts';
import { selected } from './selectors.ts';
import type { Store } from './store.ts';

/** Which objects a collection holds for who asks. */
const belongs =
  ({ kind, namespace }: Target, query: URLSearchParams) =>
  (object: KubeObject) =>
    object.apiVersion === kind.apiVersion &&
    object.kind === kind.kind &&
    (namespace === undefined || object.metadata.namespace === namespace) &&
    selected(object, query);

export function list(target: Target, query: URLSearchParams, store: Store): object {
  return {
    apiVersion: target.kind.apiVersion,
    kind: `${target.kind.kind}List`,
    metadata: { resourceVersion: store.version() },
    items: store.all().filter(belongs(target, query)),
  };
}

/** A line for each change, until the client goes or has had its time. */
export function watch(target: Target, query: URLSearchParams, store: Store, response: ServerResponse): void {
  // Clients then list, and watch from there.
  if (query.has('sendInitialEvents')) throw new ApiError(422, 'sendInitialEvents is not understood');
  const wanted = belongs(target, query);
  response.writeHead(200, { 'Content-Type': 'application/json' }).flushHeaders();
  const stop = store.follow(query.get('resourceVersion') || store.version(), (change) => {
    if (wanted(change.object)) response.write(`${JSON.stringify(change)}\n`);
  });
  const timer = setTimeout(() => response.end(), Number(query.get('timeoutSeconds') ?? 300) * 1000);
  response.on('close', () => {
    clearTimeout(timer);
    stop();
  });
}
