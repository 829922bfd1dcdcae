import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { REPOSITORY } from './places.ts';

/** What of the format is used. */
export interface Service {
  readonly image?: string;
  readonly build?: { readonly target: string };
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly deploy?: { readonly replicas: number };
  readonly profiles?: readonly string[];
  readonly [more: string]: unknown;
}

export const COMPOSE = readFileSync(join(REPOSITORY, 'docker-compose.yml'), 'utf8');
// What of it is used is tested.
export const services: Readonly<Record<string, Service>> = parse(COMPOSE, { merge: true }).services;

export function service(name: string): Service {
  const found = services[name];
  if (found === undefined) throw new Error(`there is no service ${name}`);
  return found;
}

/** Paths in the repository and in the container. */
export const mounts = ({ volumes = [] }: Service): { source: string; target: string }[] =>
  volumes.map((volume) => {
    const [source = '', target = ''] = volume.split(':');
    return { source, target };
  });

export const isOneShot = (name: string): boolean =>
  Object.values(services).some(
    ({ depends_on = {} }) => depends_on[name]?.condition === 'service_completed_successfully',
  );

/** A file of the folder `compose`. */
export const composeFile = (name: string): string => readFileSync(join(REPOSITORY, 'compose', name), 'utf8');
