import { type HeaderName, headerRefs } from './headers.ts';
import { type ParameterName, parameterRefs } from './parameters.ts';
import { problemResponses, type Trait } from './problems.ts';

export interface OperationParts {
  readonly id: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  readonly traits: readonly Trait[];
  readonly parameters?: readonly ParameterName[];
  readonly body?: object;
  /** What it answers beside problems, by status. */
  readonly answers?: Readonly<Record<string, object>>;
}

/** An Operation Object (OpenAPI 3.1 §4.8.10) with every problem that its traits bring along. */
export function operation(parts: OperationParts) {
  const { answers, body, description, id, parameters = [], summary, tag, traits } = parts;
  const isFree = !traits.includes('caller') && !traits.includes('operator');
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(description !== undefined && { description }),
    security: isFree ? [] : [{ apiKey: [] }, { bearer: [] }],
    ...(parameters.length > 0 && { parameters: parameterRefs(parameters) }),
    ...(body && { requestBody: { required: true, content: { 'application/json': body } } }),
    responses: { ...answers, ...problemResponses(traits) },
  };
}

export const answer = (
  description: string,
  type: string,
  { headers = [], ...content }: { schema: object; example?: unknown; headers?: readonly HeaderName[] },
): object => ({
  description,
  headers: headerRefs(['X-Request-Id', ...headers]),
  content: { [type]: content },
});

/** As Express has it, in the form of OpenAPI. */
export const templateOf = (pattern: string): string => pattern.replaceAll(/:(\w+)/g, '{$1}');
