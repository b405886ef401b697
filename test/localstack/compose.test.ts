import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { addressShape, deadLetterShape } from '../../transports/sqs/queue-shape.js';
import { sharedRabbitmq } from '../support/shared-rabbitmq.js';

const execute = promisify(execFile);
const folder = fileURLToPath(new URL('../../localstack/', import.meta.url));

interface Service {
  readonly image: string;
  readonly ports: readonly string[];
  readonly volumes?: readonly string[];
  readonly healthcheck: { readonly test: readonly string[]; readonly interval: string; readonly retries: number };
}

const { services } = parse(await readFile(join(folder, 'compose.yml'), 'utf8')) as {
  services: Readonly<Record<string, Service>>;
};

// There may be no Docker engine here: what it would be told is read.
describe('the compose file', () => {
  it('has a broker for each transport, and Redis', () => {
    expect(Object.keys(services)).toEqual(['rabbitmq', 'localstack', 'redis']);
  });

  it.each(Object.entries(services))(
    '%s has a fixed version and a health check, and only this machine reaches it',
    (_, service) => {
      expect(service.image).toMatch(/^[\w./-]+:\d[\w.-]*$/);
      expect(service.healthcheck.test[0]).toBe('CMD');
      expect(service.healthcheck.retries).toBeGreaterThan(0);
      for (const port of service.ports) expect(port).toMatch(/^127\.0\.0\.1:(\d+):\1$/);
    },
  );

  it('mounts files that there are, and none that a container may change', async () => {
    for (const volume of Object.values(services).flatMap(({ volumes = [] }) => volumes)) {
      const [source = '', , mode] = volume.split(':');
      expect(mode).toBe('ro');
      await stat(join(folder, source));
    }
  });
});

describe('the init scripts', () => {
  it('give RabbitMQ a user and a virtual host that it takes', async () => {
    const broker = await sharedRabbitmq();
    const definitions = JSON.parse(await readFile(join(folder, 'init/rabbitmq/definitions.json'), 'utf8')) as {
      vhosts: { name: string }[];
      permissions: { vhost: string }[];
    };
    // A name of our own: other tests have virtual hosts on the same broker.
    const name = 'samovar-compose-test';
    const text = JSON.stringify(definitions).replaceAll('"trees"', JSON.stringify(name));
    const response = await fetch(new URL('/api/definitions', broker.managementUrl), {
      method: 'POST',
      body: text,
      headers: {
        'content-type': 'application/json',
        authorization: `Basic ${Buffer.from('guest:guest').toString('base64')}`,
      },
    });
    onTestFinished(async () => {
      await broker.ctl(['delete_vhost', name]);
    });
    expect([201, 204]).toContain(response.status);
    expect(await broker.ctl(['list_permissions', '-p', name])).toMatch(/guest\s+\.\*\s+\.\*\s+\.\*/);
  });

  it('create the queue of a resource with its dead letters', async () => {
    const bin = await mkdtemp(join(tmpdir(), 'samovar-awslocal-'));
    onTestFinished(() => rm(bin, { recursive: true }));
    const log = join(bin, 'calls');
    await writeFile(
      join(bin, 'awslocal'),
      `#!/bin/sh\nprintf '%s\\0' "$@" >> "${log}"; printf '\\n\\0' >> "${log}"\ncase $2 in get-queue-attributes) echo arn:dlq ;; *) echo http://queue ;; esac\n`,
    );
    await chmod(join(bin, 'awslocal'), 0o755);
    const script = join(folder, 'init/sqs/10-products.sh');
    expect((await stat(script)).mode & 0o111).not.toBe(0);
    await execute(script, { env: { PATH: `${bin}:${process.env['PATH']}` } });
    const calls = (await readFile(log, 'utf8'))
      .split('\n\0')
      .map((call) => call.split('\0').filter((word) => word !== ''));
    expect(calls.map(([, action]) => action).slice(0, 3)).toEqual([
      'create-queue',
      'get-queue-attributes',
      'create-queue',
    ]);
    expect(calls[0]).toContain('samovar-products-dlq.fifo');
    expect(calls[2]).toContain('samovar-products.fifo');
    const given =
      calls[0]
        ?.at(-1)
        ?.split(',')
        .map((each) => each.split('=')) ?? [];
    expect(Object.fromEntries(given)).toEqual(deadLetterShape);
    expect(JSON.parse(calls[2]?.at(-1) ?? '')).toEqual(
      addressShape({ deadLetters: { QueueArn: 'arn:dlq' }, visibilityTimeoutMs: 30_000 }),
    );
  });
});
