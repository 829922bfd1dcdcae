import { isLoopback } from '../shared/loopback.ts';

export const isWildcard = (host: string): boolean => host === '0.0.0.0' || host === '::';

/**
 * The URL without trailing slashes, or why it cannot be used. The text is never repeated: a URL is where
 * credentials hide.
 */
export function upstreamUrl(text: string, allowHttp: boolean): { url: string } | { problem: string } {
  // WHATWG parsing silently drops tabs, newlines and outer spaces; an empty "?" or "#" leaves no trace in it.
  if (/[\s?#]/.test(text) || !URL.canParse(text)) {
    return { problem: 'the URL is not valid; write an https URL without spaces, query or fragment' };
  }
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    return { problem: 'the URL is not http or https; write an https URL' };
  }
  if (url.username !== '' || url.password !== '') {
    return { problem: 'the URL holds credentials; remove what stands before the @' };
  }
  if (url.protocol === 'http:' && !allowHttp && !isLoopback(url.hostname)) {
    return {
      problem: 'plain http would send the token unprotected; use https, or set AMPERITY_ALLOW_HTTP=true',
    };
  }
  return { url: `${url.origin}${url.pathname.replace(/\/+$/, '')}` };
}
