import { HEADERS } from './headers.ts';
import { PARAMETERS } from './parameters.ts';
import { problemExamples } from './problems.ts';

type Named = Readonly<Record<string, object>>;
/** An Operation Object, as far as it is looked into here. */
type Operation = object & { readonly responses: Named };
type Paths = Readonly<Record<string, Readonly<Record<string, Operation>>>>;

type Kind = 'schemas' | 'responses' | 'parameters' | 'headers' | 'examples';

export interface DocumentParts {
  readonly info: Readonly<Record<'title' | 'version' | 'summary', string>> & {
    readonly description?: string;
  };
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly paths: Paths;
  readonly schemas: Named;
}

/** An OpenAPI 3.1 document of one listener. */
export function documentOf({ info, tags, paths, schemas }: DocumentParts) {
  const shared = new SharedResponses();
  const document = {
    openapi: '3.1.0',
    info,
    servers: [{ url: '/', description: 'Where this description was found.' }],
    tags,
    paths: mapped(paths, (item) => mapped(item, (one) => shared.referredTo(one))),
  };
  const components: Readonly<Record<Kind, Named>> = {
    schemas,
    responses: shared.named(),
    parameters: PARAMETERS,
    headers: HEADERS,
    examples: problemExamples(),
  };
  const text = JSON.stringify({ document, components });
  const used = mapped(components, (all, kind) =>
    only(all, (name) => text.includes(`"${refTo(kind, name)}"`)),
  );
  return { ...document, components: { securitySchemes: SECURITY, ...used } };
}

export const SECURITY = {
  apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key', description: 'A gateway key.' },
  bearer: { type: 'http', scheme: 'bearer', description: 'A gateway key, or a token of a listed issuer.' },
};

/** Operations end in the same problems, which would make up most of the document if they were repeated. */
class SharedResponses {
  readonly #names = new Map<string, string>();

  referredTo(operation: Operation): Operation {
    const responses = mapped(operation.responses, (response, status) =>
      Number(status) < 400 ? response : { $ref: refTo('responses', this.#nameOf(status, response)) },
    );
    return { ...operation, responses };
  }

  named(): Named {
    return Object.fromEntries([...this.#names].map(([text, name]) => [name, JSON.parse(text)]));
  }

  #nameOf(status: string, response: object): string {
    const text = JSON.stringify(response);
    const others = [...this.#names.values()].filter((name) => name.startsWith(`${status}.`));
    const name = this.#names.get(text) ?? `${status}.${others.length + 1}`;
    this.#names.set(text, name);
    return name;
  }
}

const refTo = (kind: string, name: string): string => `#/components/${kind}/${name}`;

/** The cast: `fromEntries` forgets which names there are. */
const mapped = <K extends string, T, R>(all: Readonly<Record<K, T>>, make: (value: T, name: string) => R) =>
  Object.fromEntries(Object.entries<T>(all).map(([name, value]) => [name, make(value, name)])) as Record<
    K,
    R
  >;

const only = <T>(all: Readonly<Record<string, T>>, isWanted: (name: string) => boolean) =>
  Object.fromEntries(Object.entries(all).filter(([name]) => isWanted(name)));
