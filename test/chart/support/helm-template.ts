import { spawnSync } from 'node:child_process';
import { parseAllDocuments } from 'yaml';
import { type Helm, helmPath } from './helm-binaries.ts';
import type { Manifest } from './manifest.ts';
import { CHART } from './places.ts';

export interface Values {
  readonly [key: string]: unknown;
}

export interface Render {
  /** Default: the first one there is. */
  readonly helm?: Helm;
  readonly chart?: string;
  readonly release?: string;
  /** Values files, before `values`. */
  readonly files?: readonly string[];
  readonly values?: Values;
  readonly args?: readonly string[];
}

export interface Rendered {
  readonly status: number | null;
  readonly text: string;
  /** What helm says besides, its refusal say. */
  readonly said: string;
}

export function helmTemplate({ helm, chart = CHART, release = 'gw', files = [], values, args = [] }: Render) {
  const given = [...files, ...(values ? ['-'] : [])].flatMap((file) => ['--values', file]);
  const path = helm?.path ?? helmPath();
  const { status, stdout, stderr } = spawnSync(path, ['template', release, chart, ...given, ...args], {
    input: JSON.stringify(values ?? {}),
    encoding: 'utf8',
    // Where somebody's kubeconfig is or helm's own settings must not matter.
    env: { HOME: '/nonexistent', PATH: process.env.PATH },
  });
  return { status, text: stdout, said: stderr } satisfies Rendered;
}

/** The objects of a render that must succeed. */
export function render(options: Render): Manifest[] {
  const { status, text, said } = helmTemplate(options);
  if (status !== 0) throw new Error(said);
  return parseManifests(text);
}

/** Refuses duplicate keys, which helm lets pass, and values that readers of YAML 1.1 and 1.2 take for different ones. */
export function parseManifests(text: string): Manifest[] {
  const [manifests, inYaml11] = (['1.2', '1.1'] as const).map((version) => {
    const documents = parseAllDocuments(text, { version });
    for (const { errors } of documents) if (errors[0]) throw errors[0];
    return documents.map((document) => document.toJS()).filter((manifest) => manifest !== null);
  });
  if (JSON.stringify(manifests) !== JSON.stringify(inYaml11))
    throw new Error('an unquoted value is ambiguous');
  return manifests ?? [];
}
