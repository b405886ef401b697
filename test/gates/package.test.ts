import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { repository } from './sources.js';

const execute = promisify(execFile);

interface PackageJson {
  readonly exports: Readonly<Record<string, string>>;
  readonly bin: Readonly<Record<string, string>>;
  readonly files: readonly string[];
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta: Readonly<Record<string, { readonly optional?: boolean }>>;
}

/** Which optional peer a part of the package cannot do without. */
const neededPeers: ReadonlyMap<string, string> = new Map([
  ['./amqp', 'amqplib'],
  ['./sqs', '@aws-sdk/client-sqs'],
  ['./redis', 'redis'],
]);

const manifest = JSON.parse(await readFile(join(repository, 'package.json'), 'utf8')) as PackageJson;
const optionalPeers = Object.keys(manifest.peerDependenciesMeta);
const parts = Object.entries(manifest.exports).flatMap(([part, target]) => (target.endsWith('.js') ? [part] : []));

describe('the packed tarball, installed without the optional peers', () => {
  let folder: string;
  let consumer: string;

  beforeAll(async () => {
    // Outside the repository: from inside, everything in its node_modules would be found.
    folder = await mkdtemp(join(tmpdir(), 'samovar-package-'));
    consumer = join(folder, 'consumer');
    const staging = join(folder, 'staging');
    await mkdir(staging);
    const tsc = join(repository, 'node_modules/typescript/bin/tsc');
    const build = [tsc, '-p', 'tsconfig.build.json', '--outDir', join(staging, 'dist')];
    await execute(process.execPath, build, { cwd: repository }).catch((error: unknown) => {
      throw new Error(`expected the package to build, got:\n${(error as { stdout: string }).stdout}`, { cause: error });
    });
    for (const file of [
      ...manifest.files.filter((name) => /^\w/.test(name) && name !== 'dist'),
      'package.json',
      'LICENSE',
      'README.md',
    ]) {
      await cp(join(repository, file), join(staging, file), { recursive: true });
    }
    const packed = await execute('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], {
      cwd: staging,
    });
    const [{ filename }] = JSON.parse(packed.stdout) as [{ filename: string }];
    const installed = join(consumer, 'node_modules/samovar');
    await mkdir(installed, { recursive: true });
    await execute('tar', ['-xzf', join(folder, filename), '--strip-components=1', '-C', installed]);
    const needed = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies });
    for (const name of needed.filter((one) => !optionalPeers.includes(one))) await link(name);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function link(name: string): Promise<void> {
    const target = join(consumer, 'node_modules', name);
    await mkdir(dirname(target), { recursive: true });
    await symlink(join(repository, 'node_modules', name), target);
  }

  async function importPart(part: string): Promise<string> {
    const specifier = `samovar${part.slice(1)}`;
    const program = `import('${specifier}').then(
      (names) => console.log(Object.keys(names).length > 0 ? 'imported' : 'empty'),
      (error) => console.log(error.code, error.message),
    )`;
    return (await execute(process.execPath, ['-e', program], { cwd: consumer })).stdout.trim();
  }

  const alone = parts.filter((part) => !neededPeers.has(part));
  test.for(alone)('%s is imported', async (part) => {
    expect(await importPart(part)).toBe('imported');
  });

  const needy = parts.filter((part) => neededPeers.has(part));
  test.for(needy)('%s says which package it needs, and is imported once that is there', async (part) => {
    const peer = neededPeers.get(part) ?? '';
    expect(await importPart(part)).toMatch(new RegExp(`^ERR_MODULE_NOT_FOUND .*'${peer}'`));
    await link(peer);
    expect(await importPart(part)).toBe('imported');
  });

  test.for(Object.entries(manifest.bin))('the command %s tells how to use it', async ([, path]) => {
    const command = join(consumer, 'node_modules/samovar', path);
    expect((await execute(process.execPath, [command, '--help'])).stdout).toContain('Usage: samovar');
  });

  test('holds what is meant to be there, and nothing else', async () => {
    const { stdout } = await execute('find', ['.', '-type', 'f'], { cwd: join(consumer, 'node_modules/samovar') });
    const foreign = stdout
      .split('\n')
      .filter(
        (path) =>
          path !== '' &&
          !/^\.\/(package\.json|LICENSE|(README|CHANGELOG|SECURITY)\.md|samovar\.(example\.yml|schema\.json)|(templates|deploy)\/.*|dist\/.*\.(js|d\.ts|js\.map|json))$/.test(
            path,
          ),
      );
    expect(foreign).toEqual([]);
    expect(stdout).toContain('./dist/src/index.d.ts');
  });
});
