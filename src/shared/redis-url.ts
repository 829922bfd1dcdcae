import { isIPv6 } from 'node:net';
import type { RedisAddress, RedisServers } from './redis-settings.ts';

export interface RedisUrl {
  readonly servers: RedisServers;
  readonly tls: boolean;
  readonly username?: string;
  readonly password?: string;
}

type Problem = { readonly problem: string };

const form = /^(rediss?)(?:\+(sentinel|cluster))?:\/\/(?:([^@/]*)@)?([^@/]+)(?:\/([^/]*))?$/i;
const forms =
  'write redis://host:6379, redis+sentinel://h1:26379,h2:26379/master or redis+cluster://h1:6379,h2:6379, ' +
  'with rediss for TLS, and percent-encode what is special in a password';

/**
 * Reads `redis[s]://`, `redis[s]+sentinel://` and `redis[s]+cluster://`. The text is never repeated: it may hold a
 * password. `URL` does not know lists of hosts, and it silently drops what it does not like.
 */
export function parseRedisUrl(text: string): RedisUrl | Problem {
  if (/[\s?#]/.test(text)) return { problem: `the URL holds a space, a ? or a #; ${forms}` };
  const [, scheme, kind, user = '', hosts = '', path = ''] = form.exec(text) ?? [];
  if (scheme === undefined) return { problem: `the URL is not valid; ${forms}` };
  const credentials = decoded(user);
  if (credentials === undefined) {
    return { problem: 'the credentials in the URL are not percent-encoded; encode % as %25' };
  }
  const servers = serversOf(kind?.toLowerCase(), hosts, path);
  if ('problem' in servers) return servers;
  return { servers, tls: scheme.toLowerCase() === 'rediss', ...credentials };
}

function serversOf(kind: string | undefined, hosts: string, path: string): RedisServers | Problem {
  const addresses = hosts.split(',').map((host) => addressOf(host, kind === 'sentinel' ? 26_379 : 6379));
  const [address, ...more] = addresses.flatMap((found) => found ?? []);
  if (address === undefined || 1 + more.length < addresses.length) {
    return { problem: `a host or port in the URL is not valid; ${forms}` };
  }
  switch (kind) {
    case 'sentinel':
      // The characters that Redis itself allows in the name of a master.
      if (/^[\w.-]+$/.test(path)) return { kind, sentinels: [address, ...more], master: path };
      return {
        problem: 'the name of the master is missing or not valid; write it behind the last host: /name',
      };
    case 'cluster':
      if (path === '') return { kind, nodes: [address, ...more] };
      return { problem: 'a cluster has no numbered databases; remove what stands behind the last host' };
    default:
      if (more.length > 0) {
        return { problem: 'several hosts are named; write redis+sentinel:// or redis+cluster://' };
      }
      if (/^(0|[1-9]\d{0,4})?$/.test(path)) return { kind: 'standalone', address, db: Number(path) };
      return { problem: 'the number of the database is not valid; write an integer, or nothing for 0' };
  }
}

function addressOf(text: string, defaultPort: number): RedisAddress | undefined {
  const [, bracketed, name, port] = /^(?:\[([^[\]]+)\]|([\w.-]+))(?::([1-9]\d{0,4}))?$/.exec(text) ?? [];
  const host = bracketed ?? name;
  const number = port === undefined ? defaultPort : Number(port);
  if (host === undefined || number > 65_535 || (bracketed !== undefined && !isIPv6(bracketed))) {
    return undefined;
  }
  return { host, port: number };
}

/** `user:password`, each percent-encoded and either one absent. */
function decoded(userinfo: string): { username?: string; password?: string } | undefined {
  const colon = userinfo.indexOf(':');
  try {
    const username = decodeURIComponent(colon < 0 ? userinfo : userinfo.slice(0, colon));
    const password = decodeURIComponent(colon < 0 ? '' : userinfo.slice(colon + 1));
    return { ...(username && { username }), ...(password && { password }) };
  } catch {
    return undefined;
  }
}
