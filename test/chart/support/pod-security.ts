import { containersOf, type PodSpec } from './manifest.ts';

/** What of a pod the level "restricted" of the Pod Security Standards would refuse, and what else we promise. */
export function* insecurities(pod: PodSpec): Generator<string> {
  const { securityContext: whole = {} } = pod;
  if (whole.runAsNonRoot !== true) yield 'may run as root';
  if (whole.seccompProfile?.type !== 'RuntimeDefault') yield 'has no seccomp profile';
  if (pod.automountServiceAccountToken !== false) yield 'mounts a token';
  if (pod.enableServiceLinks !== false) yield 'gets the addresses of all services';
  for (const { name, hostPath } of pod.volumes ?? []) if (hostPath) yield `mounts ${name} of the node`;
  for (const { name, securityContext: own = {}, resources } of containersOf(pod)) {
    if (own.allowPrivilegeEscalation !== false) yield `${name} may gain privileges`;
    if (own.privileged) yield `${name} is privileged`;
    if (own.readOnlyRootFilesystem !== true) yield `${name} may write to its image`;
    if (own.capabilities?.drop?.join() !== 'ALL' || own.capabilities.add) yield `${name} has capabilities`;
    if (own.runAsUser === 0) yield `${name} runs as root`;
    if (!resources?.limits?.memory) yield `${name} has no limit of memory`;
    if (resources?.limits?.cpu) yield `${name} has a limit of CPU`;
  }
}
