import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../test/support/redis-server.ts';

export interface Peer {
  readonly url: string;
  readonly child: ChildProcess;
}

/** One worker, everything cached for a day, as its documentation has it. */
export async function startNginx(folder: string, origin: string): Promise<Peer> {
  const port = await freePort();
  const home = join(folder, 'nginx');
  mkdirSync(home);
  const file = join(home, 'nginx.conf');
  writeFileSync(
    file,
    `user root; worker_processes 1; daemon off; pid ${home}/pid; error_log ${home}/error.log;
events { worker_connections 1024; }
http {
  access_log ${home}/access.log combined buffer=64k flush=1s;
  client_body_temp_path ${home}/b; proxy_temp_path ${home}/p; fastcgi_temp_path ${home}/f;
  uwsgi_temp_path ${home}/u; scgi_temp_path ${home}/s;
  proxy_cache_path ${home}/cache levels=1:2 keys_zone=c:64m max_size=1g inactive=1d;
  keepalive_requests 1000000; sendfile on; tcp_nopush on; open_file_cache max=10000;
  server { listen 127.0.0.1:${port};
    location / { proxy_pass ${origin}; proxy_cache c; proxy_cache_valid 200 1d; } }
}
`,
  );
  return started(spawn('nginx', ['-c', file, '-p', home], { stdio: 'ignore' }), port);
}

export async function startVarnish(folder: string, origin: string): Promise<Peer> {
  const port = await freePort();
  const { host } = new URL(origin);
  const home = join(folder, 'varnish');
  mkdirSync(home);
  const file = join(home, 'default.vcl');
  // Without a word of its own it caches nothing that comes with a credential.
  writeFileSync(
    file,
    `vcl 4.1;
backend default { .host = "${host.split(':')[0]}"; .port = "${host.split(':')[1]}"; }
sub vcl_recv { return (hash); }
`,
  );
  const args = ['-j', 'none', '-F', '-n', home, '-a', `127.0.0.1:${port}`, '-f', file, '-s', 'malloc,512m'];
  return started(spawn('varnishd', args, { stdio: 'ignore' }), port);
}

async function started(child: ChildProcess, port: number): Promise<Peer> {
  process.once('exit', () => child.kill('SIGKILL'));
  const url = `http://127.0.0.1:${port}`;
  for (let attempt = 0; attempt < 100; attempt += 1) {
    if (child.exitCode !== null) break;
    if (await fetch(`${url}/`).then(Boolean, () => false)) return { url, child };
    await sleep(100);
  }
  throw new Error(`${child.spawnfile} did not start`);
}
