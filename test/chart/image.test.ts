import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { validate } from 'dockerfile-utils';
import { startArguments } from '../support/start-command.ts';
import { DOCKERFILE, list, pairs, STAGES, said } from './support/dockerfile.ts';
import { buildImage, copies, type Image } from './support/image.ts';
import { REPOSITORY } from './support/places.ts';

const { dependencies, devDependencies, version } = JSON.parse(
  readFileSync(join(REPOSITORY, 'package.json'), 'utf8'),
);

describe('the Dockerfile', () => {
  test('is one that a linter takes', () => {
    expect(validate(DOCKERFILE)).toEqual([]);
  });

  test('builds on bases that can be replaced by a mirror or a digest', () => {
    const given = said('', 'ARG').map((rest) => rest.split('=', 1)[0]);
    const bases = [...STAGES.keys()].filter(Boolean).map((stage) => said(stage, 'FROM')[0]?.split(' ')[0]);
    const own = [...STAGES.keys()];
    const outside = bases.filter((base = '') => !own.includes(base));
    expect(new Set(outside)).toEqual(new Set(given.map((name) => `$\{${name}}`)));
    for (const image of said('', 'ARG')) expect(image).toMatch(/=[\w./-]+:(?!latest)[\w.-]+$/);
  });

  test('starts the gateway as npm start does, and judges it by its own verb, without a shell', () => {
    expect(list('gateway', 'ENTRYPOINT')).toEqual(['/nodejs/bin/node']);
    expect(list('gateway', 'CMD')).toEqual(startArguments());
    expect(list('gateway', 'HEALTHCHECK')).toEqual(['/nodejs/bin/node', 'dist/cli.js', 'health']);
    expect(said('gateway', 'RUN')).toEqual([]);
  });

  test('leaves a process that owns nothing of what it runs', () => {
    for (const stage of ['gateway', 'simulator']) expect(said(stage, 'USER')).toEqual(['65532:65532']);
    expect(DOCKERFILE).not.toMatch(/--ch(own|mod)/);
    expect(said('gateway', 'WORKDIR')).toEqual(['/app']);
    expect(said('gateway', 'EXPOSE')).toEqual(['8080 9090']);
    expect(pairs('gateway', 'ENV')).toMatchObject({ NODE_ENV: 'production' });
  });

  test('says what the image is, by the version of this release', () => {
    expect(said('gateway', 'ARG')).toContain(`VERSION=${version}`);
    expect(Object.keys(pairs('gateway', 'LABEL'))).toEqual(
      ['title', 'description', 'version', 'revision'].map((name) => `org.opencontainers.image.${name}`),
    );
  });

  test('is given what it copies, and nothing else of the repository', () => {
    const [all, ...admitted] = readFileSync(join(REPOSITORY, '.dockerignore'), 'utf8').trim().split('\n');
    const copied = [...STAGES.keys()]
      .flatMap(copies)
      .filter(({ from }) => from === undefined)
      .flatMap(({ sources }) => sources);
    expect([all, ...admitted.sort()]).toEqual(['*', ...copied.map((name) => `!${name}`).sort()]);
  });

  test('has a simulator that starts from what its stage holds', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'simulator-'));
    symlinkSync(join(REPOSITORY, 'node_modules'), join(folder, 'node_modules'));
    for (const { sources } of ['deps', 'build', 'simulator'].flatMap(copies)) {
      for (const name of sources) cpSync(join(REPOSITORY, name), join(folder, name), { recursive: true });
    }
    const [, ...args] = list('simulator', 'ENTRYPOINT');
    const options = ['--port=0', '--control-port=0'];
    const child = spawn(process.execPath, [...args, ...options], { cwd: folder, env: {} });
    try {
      expect(JSON.parse(String(await once(child.stdout, 'data')))).toMatchObject({ simulator: 'ready' });
    } finally {
      child.kill();
      rmSync(folder, { recursive: true });
    }
  });
});

describe('the image', () => {
  let image: Image;
  beforeAll(() => {
    image = buildImage();
  }, 120_000);
  afterAll(() => image.remove());

  test('holds what the gateway runs from, and nothing that only building takes', () => {
    expect(readdirSync(image.folder).sort()).toEqual(['dist', 'node_modules', 'package.json']);
    const installed = readdirSync(join(image.folder, 'node_modules'));
    expect(Object.keys(dependencies).filter((name) => !installed.includes(name))).toEqual([]);
    expect(Object.keys(devDependencies).filter((name) => installed.includes(name))).toEqual([]);
  });
});
