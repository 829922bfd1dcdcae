import { documentOf } from './document.ts';
import { EXPORT_PATHS, EXPORT_TAG } from './export-paths.ts';
import { MIRROR_PATHS, MIRROR_TAG } from './mirror-paths.ts';
import { OWN_PATHS, OWN_TAG } from './own-paths.ts';
import { ACCOUNT, ANSWERS, PROBLEM, USAGE } from './schemas.ts';

export interface DocumentSettings {
  /** Of Amperity's API, which is what is mirrored. */
  readonly apiVersion: string;
  readonly hasExports: boolean;
}

/** The public listener. */
export const publicDocument = ({ apiVersion, hasExports }: DocumentSettings) =>
  documentOf({
    info: {
      title: 'amperity-gateway',
      version: apiVersion,
      summary: 'A caching gateway in front of the Amperity profile API.',
      description:
        'Paths, parameters and bodies below `/api` are those of Amperity. Each path that has `GET` has `HEAD`. Parameters that are not listed are refused, unless `http.extraQueryParams` names them. The operation `x-query` is for the method `QUERY`.',
    },
    tags: [
      { name: MIRROR_TAG, description: 'The mirror of the Amperity profile API.' },
      ...(hasExports ? [{ name: EXPORT_TAG, description: 'Whole result sets as one stream.' }] : []),
      { name: OWN_TAG, description: 'What the gateway says of itself.' },
    ],
    paths: { ...MIRROR_PATHS, ...(hasExports && EXPORT_PATHS), ...OWN_PATHS },
    schemas: { ...ANSWERS, Usage: USAGE, Account: ACCOUNT, Problem: PROBLEM },
  });
