import { readFileSync } from 'node:fs';
import type { GatewayHandle } from './spawn-gateway.ts';

/** By the operating system (VmRSS). */
export function residentMb({ child }: GatewayHandle): number {
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / 1024;
}
