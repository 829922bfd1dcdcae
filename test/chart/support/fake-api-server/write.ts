import { ApiError, success } from './api-error.ts';
import { asStored, isOwned, replicaSetOf } from './cluster-work.ts';
import { type KubeObject, type Members, within } from './kube-object.ts';
import { mergePatch } from './merge-patch.ts';
import type { Store } from './store.ts';
import type { Validation } from './validation.ts';

export interface Write {
  readonly method: string;
  readonly contentType: string;
  /** Where it goes, as an object without content. */
  readonly place: KubeObject;
  readonly body: Members;
  readonly query: URLSearchParams;
}

/** Creates, replaces, patches or deletes, and tells the status and the body of the answer. */
export async function write(
  { method, contentType, place, body, query }: Write,
  store: Store,
  validate: Validation,
): Promise<[status: number, answer: object]> {
  const before = store.find(place);
  const applied = contentType.startsWith('application/apply-patch');
  const creates = method === 'POST' || (applied && before === undefined);
  if (creates ? before : !before)
    throw new ApiError(creates ? 409 : 404, `${place.kind} ${place.metadata.name}`);
  const dry = query.has('dryRun');
  if (method === 'DELETE') {
    if (before && !dry) remove(before, store);
    return [200, success];
  }
  const wanted = method === 'PATCH' && !applied ? mergePatch(before, body) : body;
  const sent = { ...wanted, ...identity(place, wanted) };
  // Compiled clients send no member that there is not.
  if (!contentType.includes('protobuf'))
    await validate(asSent(sent), query.get('fieldValidation') === 'Strict');
  if (before?.kind === 'Deployment' && selectorOf(before) !== selectorOf(sent))
    throw new ApiError(422, `spec.selector of ${place.metadata.name} is immutable`);
  const object = asStored(sent, before);
  return [creates ? 201 : 200, dry ? object : put(object, store)];
}

const selectorOf = ({ spec }: KubeObject): string => JSON.stringify(within(spec).selector);

const identity = ({ apiVersion, kind, metadata }: KubeObject, wanted: Members) => ({
  apiVersion,
  kind,
  metadata: { ...within(wanted.metadata), ...metadata },
});

/** Without what the server added when it was stored before. */
function asSent({ status: _, ...object }: KubeObject): KubeObject {
  const { uid, resourceVersion, generation, creationTimestamp, ...metadata } = object.metadata;
  return { ...object, metadata };
}

function put(object: KubeObject, store: Store): KubeObject {
  const stored = store.put(object);
  if (stored.kind === 'Deployment') {
    const set = replicaSetOf(stored);
    store.put(asStored(set, store.find(set)));
  }
  return stored;
}

function remove(object: KubeObject, store: Store): void {
  store.remove(object);
  for (const other of store.all()) if (isOwned(other, object)) store.remove(other);
}
