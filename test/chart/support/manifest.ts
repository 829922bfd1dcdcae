/** Of Kubernetes objects, what the tests look at; what else is right is judged by the models. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Metadata;
  readonly spec: Spec;
  readonly data?: Readonly<Record<string, string>>;
  readonly stringData?: Readonly<Record<string, string>>;
  readonly automountServiceAccountToken?: boolean;
}

interface Metadata {
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

interface Spec extends PodSpec {
  readonly replicas?: number;
  readonly maxUnavailable?: number | string;
  readonly minAvailable?: number | string;
  readonly selector: Readonly<Record<string, string>> & {
    readonly matchLabels?: Readonly<Record<string, string>>;
  };
  readonly template: { readonly metadata: Metadata; readonly spec: PodSpec };
  readonly ports: readonly { readonly port: number; readonly targetPort: string }[];
  readonly ingress: readonly Rule[];
  readonly egress: readonly Rule[];
  readonly groups: readonly { readonly name: string; readonly rules: readonly AlertRule[] }[];
  readonly rules: readonly Readonly<Record<string, unknown>>[];
}

export interface Rule {
  readonly from?: readonly unknown[];
  readonly to?: readonly unknown[];
  readonly ports: readonly { readonly port: number; readonly protocol: string }[];
}

interface AlertRule {
  readonly alert?: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

export interface PodSpec {
  readonly automountServiceAccountToken?: boolean;
  readonly enableServiceLinks?: boolean;
  readonly serviceAccountName?: string;
  readonly terminationGracePeriodSeconds?: number;
  readonly securityContext?: SecurityContext;
  readonly imagePullSecrets?: readonly { readonly name: string }[];
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly volumes?: readonly Volume[];
}

export interface Probe {
  readonly httpGet?: { readonly path: string; readonly port: string };
}

export interface Container {
  readonly name: string;
  readonly startupProbe?: Probe;
  readonly livenessProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly image: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly securityContext?: SecurityContext;
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[];
  readonly volumeMounts?: readonly {
    readonly name: string;
    readonly mountPath: string;
    readonly subPath?: string;
  }[];
  readonly resources?: { readonly limits?: Readonly<Record<string, string>> };
}

interface SecurityContext {
  readonly runAsNonRoot?: boolean;
  readonly runAsUser?: number;
  readonly runAsGroup?: number;
  readonly fsGroup?: number;
  readonly privileged?: boolean;
  readonly allowPrivilegeEscalation?: boolean;
  readonly readOnlyRootFilesystem?: boolean;
  readonly seccompProfile?: { readonly type: string };
  readonly capabilities?: { readonly drop?: readonly string[]; readonly add?: readonly string[] };
}

export interface Items {
  readonly items?: readonly { readonly key: string; readonly path: string }[];
}

export interface Volume {
  readonly name: string;
  readonly hostPath?: unknown;
  readonly configMap?: Items & { readonly name: string };
  readonly secret?: Items & { readonly secretName: string };
  readonly projected?: {
    readonly sources: readonly {
      readonly secret?: Items & { readonly name: string };
      readonly configMap?: Items & { readonly name: string };
      readonly serviceAccountToken?: { readonly path: string };
    }[];
  };
}

/** The pods that these objects bring about, each with its labels. */
export function podsOf(manifests: readonly Manifest[]): { labels: Metadata['labels']; spec: PodSpec }[] {
  return manifests.flatMap(({ kind, metadata, spec }) => {
    if (kind === 'Pod') return [{ labels: metadata.labels, spec }];
    if (kind === 'Deployment') return [{ labels: spec.template.metadata.labels, spec: spec.template.spec }];
    return [];
  });
}

export const containersOf = ({ initContainers = [], containers }: PodSpec): readonly Container[] => [
  ...initContainers,
  ...containers,
];

/** The one object of this kind whose name ends so. */
export function find(manifests: readonly Manifest[], kind: string, ending = ''): Manifest {
  const [found, ...more] = manifests.filter((it) => it.kind === kind && it.metadata.name.endsWith(ending));
  if (found === undefined || more.length > 0)
    throw new Error(`there are ${found ? 'several' : 'no'} ${kind}`);
  return found;
}
