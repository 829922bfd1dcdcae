import { groupVersions, kinds, rootOf } from './resource-kinds.ts';

const verbs = ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'];

/** What the server says about itself, by path. */
export function discovery(): ReadonlyMap<string, object> {
  const groups = groupVersions.filter((each) => each !== 'v1').map(group);
  return new Map<string, object>([
    ['/version', { major: '1', minor: '33', gitVersion: 'v1.33.0' }],
    ['/api', { kind: 'APIVersions', versions: ['v1'] }],
    ['/apis', { kind: 'APIGroupList', apiVersion: 'v1', groups }],
    ['/openapi/v3', { paths: Object.fromEntries(groupVersions.map(openApiEntry)) }],
    ...groupVersions.flatMap((each): [string, object][] => [
      [`/${rootOf(each)}`, resourceList(each)],
      [`/openapi/v3/${rootOf(each)}`, openApi(each)],
    ]),
  ]);
}

function group(groupVersion: string): object {
  const [name, version] = groupVersion.split('/');
  const only = { groupVersion, version };
  return { name, versions: [only], preferredVersion: only };
}

const resourceList = (groupVersion: string): object => ({
  kind: 'APIResourceList',
  apiVersion: 'v1',
  groupVersion,
  resources: kinds
    .filter(({ apiVersion }) => apiVersion === groupVersion)
    .map(({ kind, plural }) => ({
      name: plural,
      singularName: kind.toLowerCase(),
      namespaced: true,
      kind,
      verbs,
    })),
});

const openApiEntry = (groupVersion: string): [string, object] => {
  const root = rootOf(groupVersion);
  return [root, { serverRelativeURL: `/openapi/v3/${root}` }];
};

/** No schemas: clients see that the server validates by itself and knows dry runs, and leave both to it. */
function openApi(groupVersion: string): object {
  const [version, name = ''] = groupVersion.split('/').reverse();
  const parameters = ['fieldValidation', 'dryRun'].map((parameter) => ({ name: parameter, in: 'query' }));
  const paths = kinds
    .filter(({ apiVersion }) => apiVersion === groupVersion)
    .map(({ kind, plural }) => [
      `/${rootOf(groupVersion)}/namespaces/{namespace}/${plural}/{name}`,
      { patch: { parameters, 'x-kubernetes-group-version-kind': { group: name, version, kind } } },
    ]);
  return { openapi: '3.0.0', info: { title: groupVersion }, paths: Object.fromEntries(paths) };
}
