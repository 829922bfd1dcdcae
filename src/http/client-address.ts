import type { Request } from 'express';
import ipaddr from 'ipaddr.js';

/** As some proxies write it (RFC 7239 §6): in brackets, with the port behind. */
const WITH_PORT = /^(?:\[([^\]]+)\](?::\d+)?|([\d.]+):\d+)$/;

/** An IPv6 client has a whole /64 to itself (RFC 4291 §2.5.4), so that stands for it. */
const PREFIX_GROUPS = 4;

/**
 * Where a request comes from, as far as that is believed: Express reads `X-Forwarded-For` up to the last proxy that
 * `http.trustProxy` trusts. Proxies may write there whatever they were sent, or `unknown` (RFC 7239 §6.2): what is no
 * address counts as that of the proxy itself, and never comes into a log. One address has one spelling here.
 */
export function clientAddress(req: Request): string {
  return spelt(req.ip ?? '') ?? spelt(req.socket?.remoteAddress ?? '') ?? '';
}

function spelt(text: string): string | undefined {
  const [, bracketed, plain] = WITH_PORT.exec(text) ?? [];
  const address = bracketed ?? plain ?? text;
  if (!ipaddr.isValid(address)) return undefined;
  const parsed = ipaddr.process(address);
  if (!(parsed instanceof ipaddr.IPv6))
    return ipaddr.IPv4.isValidFourPartDecimal(address) || address.includes(':')
      ? parsed.toString()
      : undefined;
  return `${parsed.parts
    .slice(0, PREFIX_GROUPS)
    .map((group) => group.toString(16))
    .join(':')}::/64`;
}
