import { type ErrorInfo, GatewayError } from '../../shared/errors.ts';
import type { PageRequest } from '../../shared/page-request.ts';
import type { Sealer } from '../../shared/sealer.ts';

/**
 * What a flight asks for and how it failed, unreadable to whoever holds Redis. Each lies under a name of its own, so
 * that one cannot be put in the place of another.
 */
export class SealedTexts {
  readonly #sealer: Sealer;
  readonly #root: string;

  /** @param root what the names of the queue's keys begin with */
  constructor(sealer: Sealer, root: string) {
    this.#sealer = sealer;
    this.#root = root;
  }

  sealRequest(key: string, request: PageRequest): Promise<string> {
    return this.#seal(`${this.#root}:flight:${key}`, request);
  }

  /** Undefined when this replica cannot open it; another one may. */
  async openRequest(key: string, sealed: string): Promise<PageRequest | undefined> {
    return (await this.#open(`${this.#root}:flight:${key}`, sealed)) as PageRequest | undefined;
  }

  /** Without the cause, which is for the log of the replica that saw it. */
  sealFailure(key: string, { code, message, info }: GatewayError): Promise<string> {
    const { cause: _cause, ...told } = info;
    return this.#seal(`${this.#root}:ending:${key}`, { code, message, info: told });
  }

  async openFailure(key: string, sealed: string): Promise<GatewayError | undefined> {
    const told = await this.#open(`${this.#root}:ending:${key}`, sealed);
    if (told === undefined) return undefined;
    const { code, message, info } = told as GatewayError & { info: ErrorInfo };
    return new GatewayError(code, message, info);
  }

  async #seal(name: string, value: unknown): Promise<string> {
    return (await this.#sealer.seal(Buffer.from(JSON.stringify(value)), name)).toString('base64');
  }

  async #open(name: string, sealed: string): Promise<unknown> {
    const plain = await this.#sealer.open(Buffer.from(sealed, 'base64'), name);
    return plain === undefined ? undefined : JSON.parse(plain.toString());
  }
}
