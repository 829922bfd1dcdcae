import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import type { documentOf } from '../../src/http/openapi/document.ts';
import type { Reply } from './http-get.ts';

export interface Asked {
  readonly method: string;
  readonly path: string;
}

interface Described {
  readonly $ref?: string;
  readonly headers?: Readonly<Record<string, Described>>;
  readonly content?: Readonly<Record<string, { readonly schema: object }>>;
  readonly required?: boolean;
  readonly schema?: object;
}

interface Route {
  readonly method: string;
  readonly pattern: RegExp;
  readonly responses: Readonly<Record<string, Described>>;
}

/** Of HTTP, of security and of CORS: on any answer. */
const GENERAL =
  /^(allow|connection|content-(length|type|security-policy)|cross-origin-resource-policy|date|keep-alive|referrer-policy|transfer-encoding|vary|x-content-type-options|access-control-.*)$/;

const JSON_TYPE = /^application\/(problem\+)?json$/;

/** What is said where there is no operation, before anybody is asked who they are. */
const REFUSED = [400, 403, 404, 405, 408, 414, 431];

const SCHEMA = { schema: { $ref: '#/components/schemas/Problem' } };
const REQUEST_ID = { 'X-Request-Id': { $ref: '#/components/headers/X-Request-Id' } };
const PREFLIGHT: Described = { headers: REQUEST_ID };
const PROBLEM_ALONE: Described = {
  headers: {
    ...REQUEST_ID,
    'Cache-Control': { schema: { const: 'no-store' }, required: true },
  },
  content: { 'application/problem+json': SCHEMA, 'application/json': SCHEMA },
};

/** Judges answers by an OpenAPI document: status, headers, media type and body. */
export class DocumentedAnswers {
  readonly #ajv = new Ajv2020({ strict: false });
  readonly #validators = new Map<object, ValidateFunction>();
  readonly #components: object;
  readonly #routes: readonly Route[];

  constructor(document: ReturnType<typeof documentOf>) {
    this.#components = document.components;
    this.#routes = Object.entries(document.paths).flatMap(([path, item]) =>
      Object.entries(item).map(([name, { responses }]) => ({
        method: name.replace('x-', '').toUpperCase(),
        pattern: new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`),
        responses,
      })),
    );
  }

  /** Throws when the document has no such answer to this. */
  check(asked: Asked, { body, headers, status }: Pick<Reply, 'status' | 'headers' | 'body'>): void {
    const fail = (what: string): never => {
      throw new Error(`not documented: ${asked.method} ${asked.path.split('?')[0]}, ${status}: ${what}`);
    };
    const response = this.#responseTo(asked, status) ?? fail('the status');
    for (const [name, described] of Object.entries(response.headers ?? {})) {
      const value = headers[name.toLowerCase()];
      const { required, schema = {} } = this.#resolved(described);
      if (value === undefined && required) fail(`${name} is missing`);
      if (value !== undefined && !this.#fits(schema, value)) fail(`${name}: ${value}`);
    }
    const known = new Set(Object.keys(response.headers ?? {}).map((name) => name.toLowerCase()));
    const stray = Object.keys(headers).find((name) => !known.has(name) && !GENERAL.test(name));
    if (stray !== undefined) fail(`the header ${stray}`);
    const [type = ''] = (headers['content-type'] ?? '').split(';');
    const content = response.content?.[type];
    if (content === undefined && (response.content !== undefined || body.length > 0))
      fail(`the type ${type}`);
    if (content === undefined || asked.method === 'HEAD') return;
    const text = body.toString();
    if (!this.#fits(content.schema, JSON_TYPE.test(type) ? JSON.parse(text) : text)) {
      fail(`${this.#ajv.errorsText(this.#validators.get(content.schema)?.errors)} in ${text.slice(0, 500)}`);
    }
  }

  #responseTo({ method, path }: Asked, status: number): Described | undefined {
    const [target = ''] = path.split('?');
    const wanted = method === 'HEAD' ? 'GET' : method;
    const route = this.#routes.find((each) => each.method === wanted && each.pattern.test(target));
    if (route !== undefined) return this.#resolved(route.responses[status]);
    if (method === 'OPTIONS' && status === 204) return PREFLIGHT;
    if (!REFUSED.includes(status)) return undefined;
    return PROBLEM_ALONE;
  }
  #fits(schema: object, value: unknown): boolean {
    const known = this.#validators.get(schema);
    const validate = known ?? this.#ajv.compile({ ...schema, components: this.#components });
    this.#validators.set(schema, validate);
    return validate(value);
  }

  #resolved<T extends Described | undefined>(part: T): T {
    const name = part?.$ref?.slice('#/components/'.length).split('/');
    // Our own document: what is referred to is of the same kind as what refers to it.
    return name === undefined
      ? part
      : (name.reduce((at: object, key) => Reflect.get(at, key), this.#components) as T);
  }
}
