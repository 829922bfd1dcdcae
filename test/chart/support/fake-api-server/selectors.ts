import type { KubeObject } from './kube-object.ts';

/** Whether an object is one that the query of a list or watch asks for. */
export function selected({ metadata }: KubeObject, query: URLSearchParams): boolean {
  const { labels = {}, name, namespace = '' } = metadata;
  const fields = { 'metadata.name': name, 'metadata.namespace': namespace };
  return meets(query.get('labelSelector'), labels) && meets(query.get('fieldSelector'), fields);
}

const meets = (selector: string | null, values: Readonly<Record<string, string>>): boolean =>
  (selector?.match(/[^,]+/g) ?? []).every((requirement) => {
    const [, name, value] = /^([^=! ]+)==?([^= ]*)$/.exec(requirement) ?? [];
    if (!name) throw new Error(`the selector ${requirement} is not understood`);
    return values[name] === value;
  });
