import { isIPv4 } from 'node:net';

/** 127.0.0.0/8, ::1 and localhost: nobody but this machine reaches it. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase();
  return (
    name === 'localhost' || name === '::1' || name === '[::1]' || (isIPv4(name) && name.startsWith('127.'))
  );
}
