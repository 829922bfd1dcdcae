import { EXPORT_TYPES, exportPattern, type Format } from '../exports-routes.ts';
import * as examples from './examples.ts';
import { ASKING } from './mirror-paths.ts';
import { answer, operation, templateOf } from './operation.ts';
import type { Trait } from './problems.ts';
import { text } from './schemas.ts';
import { VALUES } from './values.ts';

export const EXPORT_TAG = 'Exports';

const TRAITS: readonly Trait[] = ['any', 'public', 'caller', 'page', 'limit', 'filter', 'profiles', 'export'];

const ENDS: Readonly<Record<Format, string>> = {
  csv: 'An export that fails later is cut: the chunked body has no end.',
  ndjson: 'An export that fails later ends with the line `{"error": {…}}`, which holds a problem.',
};
const EXAMPLES: Readonly<Record<Format, string>> = { csv: examples.CSV, ndjson: examples.NDJSON };

const BODY = {
  schema: {
    type: 'object',
    additionalProperties: false,
    properties: { filter: VALUES.filter, limit: VALUES.limit },
  },
  example: { filter: examples.QUESTION_OF_DANIELS.filter },
};

const formats = Object.keys(EXPORT_TYPES) as Format[];

/** Whole result sets; there are none where `export.enabled` is false. */
export const EXPORT_PATHS = Object.fromEntries(
  formats.map((format) => [templateOf(exportPattern(format)), pathOf(format)]),
);

function pathOf(format: Format) {
  const name = format === 'csv' ? 'Csv' : 'Ndjson';
  const [type = ''] = EXPORT_TYPES[format].split(';');
  const shared = {
    tag: EXPORT_TAG,
    description: `Needs the right \`export\`. \`limit\` is the size of the pages asked of Amperity. ${ENDS[format]}`,
    answers: {
      200: answer('All profiles.', type, {
        schema: text,
        example: EXAMPLES[format],
        headers: ['Cache-Control', 'Vary', 'Content-Disposition'],
      }),
    },
  };
  return {
    get: operation({
      ...shared,
      id: `export${name}`,
      summary: `All profiles as ${format.toUpperCase()}`,
      traits: TRAITS,
      parameters: ['index', 'filter', 'limit', ...ASKING],
    }),
    post: operation({
      ...shared,
      id: `export${name}ByBody`,
      summary: `The same with the question in the body`,
      traits: [...TRAITS, 'body'],
      parameters: ['index', ...ASKING],
      body: BODY,
    }),
  };
}
