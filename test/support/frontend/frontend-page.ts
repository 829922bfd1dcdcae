import puppeteer, { type Browser, type BrowserContext, type CDPSession, type Page } from 'puppeteer-core';
import { findChromium } from '../find-chromium.ts';

/** What a page can read of an answer; `failed` alone where there is nothing to be read. */
export interface Read {
  readonly status?: number;
  /** Those that the page is shown. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** With axios: the body as it gives it. */
  readonly data?: unknown;
  /** With axios: what it rejects with beside an answer. */
  readonly rejected?: string;
  readonly failed?: string;
}

export interface FetchInit {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly mode?: 'cors' | 'no-cors';
  readonly credentials?: 'omit' | 'same-origin' | 'include';
}

export interface AxiosConfig {
  readonly url: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly data?: unknown;
  readonly withCredentials?: boolean;
}

/** One request as it went over the wire, the preflights that a page does not see included. */
export interface Sent {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Without a window, with a profile of its own that goes when it is closed. */
export const launchBrowser = (): Promise<Browser> =>
  puppeteer.launch({
    executablePath: findChromium(),
    pipe: true,
    args: [
      // Small in containers.
      '--disable-dev-shm-usage',
      // Chromium has no sandbox for root.
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
    ],
  });

/** A page of somebody who has never been here: no cookies, no stored answers, no remembered preflights. */
export class FrontendPage {
  readonly page: Page;
  /** In the order sent, complete once the call has come back. */
  readonly sent: Sent[] = [];
  /** Why the browser kept answers from the page, in its own words. */
  readonly reasons: string[] = [];
  readonly #context: BrowserContext;
  readonly #devtools: CDPSession;

  private constructor(context: BrowserContext, page: Page, devtools: CDPSession) {
    this.#context = context;
    this.page = page;
    this.#devtools = devtools;
  }

  static async open(browser: Browser, url: string): Promise<FrontendPage> {
    const context = await browser.createBrowserContext();
    const page = await context.newPage();
    await page.goto(url);
    const frontend = new FrontendPage(context, page, await page.createCDPSession());
    await frontend.#listen();
    return frontend;
  }

  close(): Promise<void> {
    return this.#context.close();
  }

  fetch(url: string, init: FetchInit = {}): Promise<Read> {
    return this.#run('viaFetch', url, init);
  }

  axios(config: AxiosConfig): Promise<Read> {
    return this.#run('viaAxios', config);
  }

  embed(tag: 'img' | 'script', url: string): Promise<'load' | 'error'> {
    return this.#run('embed', tag, url);
  }

  fromSandbox(url: string, init: FetchInit = {}): Promise<Read & { readonly origin: string }> {
    return this.#run('fromSandbox', url, init);
  }

  /** A function of page.js. */
  async #run<T>(name: string, ...args: readonly unknown[]): Promise<T> {
    return (await this.page.evaluate(`${name}(...${JSON.stringify(args)})`)) as T;
  }

  async #listen(): Promise<void> {
    const requests = new Map<string, { method: string; url: string }>();
    const headers = new Map<string, Record<string, string>>();
    // Told by two parts of the browser, in either order.
    const add = (id: string): void => {
      const request = requests.get(id);
      const its = headers.get(id);
      if (request !== undefined && its !== undefined) this.sent.push({ ...request, headers: its });
    };
    this.#devtools.on('Network.requestWillBeSent', ({ requestId, request: { method, url } }) => {
      requests.set(requestId, { method, url });
      add(requestId);
    });
    this.#devtools.on('Network.requestWillBeSentExtraInfo', (told) => {
      const lowerCase = Object.entries(told.headers).map(([name, value]) => [name.toLowerCase(), value]);
      headers.set(told.requestId, Object.fromEntries(lowerCase));
      add(told.requestId);
    });
    this.#devtools.on('Network.loadingFailed', ({ blockedReason, corsErrorStatus, errorText }) => {
      this.reasons.push(corsErrorStatus?.corsError ?? blockedReason ?? errorText);
    });
    await this.#devtools.send('Network.enable');
  }
}
