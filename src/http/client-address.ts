import { isIP, isIPv6 } from 'node:net';
import type { Request } from 'express';

/**
 * Where a request comes from, as far as that is believed: Express reads `X-Forwarded-For` up to the last proxy that
 * `http.trustProxy` trusts. Proxies may write there whatever they were sent, or `unknown` (RFC 7239 §6.2): what is no
 * address counts as that of the proxy itself, and never comes into a log. An IPv6 client has a whole /64 to itself (RFC 4291 §2.5.4), so that stands for it.
 */
export function clientAddress(req: Request): string {
  const said = req.ip ?? '';
  const address = isIP(said) === 0 ? (req.socket.remoteAddress ?? '') : said;
  if (!isIPv6(address)) return address;
  if (address.startsWith('::ffff:') && address.includes('.')) return address.slice('::ffff:'.length);
  const [head = '', tail] = address.split('%', 1)[0]?.split('::') ?? [];
  const before = head.split(':').filter((group) => group !== '');
  const after = (tail ?? '').split(':').filter((group) => group !== '');
  const zeroes = tail === undefined ? 0 : 8 - before.length - after.length;
  const groups = [...before, ...Array<string>(Math.max(0, zeroes)).fill('0'), ...after];
  return `${groups.slice(0, 4).join(':')}::/64`;
}
