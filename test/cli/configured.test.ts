import { Command } from 'commander';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { addConfigurationOptions, configurationOf, type ConfigurationOptions } from '../../src/cli/configured.js';
import { failureOf, UsageError } from '../../src/cli/failure.js';
import { openTransport } from '../../src/cli/open-transport.js';
import { ConfigurationError } from '../../src/config/configuration-error.js';
import { folderWith } from '../config/folder.js';

const one = 'virtual_hosts: {trees: {queue: a}}';
const three = 'virtual_hosts: {trees: {queue: a}, flowers: {queue: b}, bushes: {queue: c}}';

function parsed(...args: string[]): ConfigurationOptions {
  const command = addConfigurationOptions(new Command('x')).exitOverride();
  return command.parse(args, { from: 'user' }).opts<ConfigurationOptions>();
}

async function configured(text: string, ...args: string[]) {
  const cwd = await folderWith({ 'samovar.yml': text });
  return configurationOf(parsed(...args), { env: { SAMOVAR_CONFIG: 'samovar.yml' }, cwd });
}

async function namesOf(text: string, ...args: string[]): Promise<string[]> {
  return (await configured(text, ...args)).virtualHosts.map(({ name }) => name);
}

describe('the options of a configuration', () => {
  it('are known by the names that the Python consumer has for them, too', () => {
    expect(parsed('--config-file-path', 'a.yml', '--virtual-host-name=trees')).toEqual({
      config: 'a.yml',
      vhost: ['trees'],
    });
  });

  it('may be repeated where several make sense', () => {
    const args = [
      '--vhost',
      'a',
      '--vhost',
      'b',
      '--address',
      'c',
      '--address',
      'd',
      '--handlers',
      'e',
      '--handlers',
      'f',
    ];
    expect(parsed(...args)).toEqual({ vhost: ['a', 'b'], address: ['c', 'd'], handlers: ['e', 'f'] });
  });

  it('choose the only virtual host there is by themselves', async () => {
    expect(await namesOf(one)).toEqual(['trees']);
  });

  it('choose virtual hosts by name, or all of them', async () => {
    expect(await namesOf(three, '--vhost', 'bushes', '--vhost', 'trees')).toEqual(['trees', 'bushes']);
    expect(await namesOf(three, '--all-vhosts')).toEqual(['trees', 'flowers', 'bushes']);
  });

  it('name the file from the working folder', async () => {
    const cwd = await folderWith({ 'inner/other.yml': one });
    const { file } = await configurationOf(parsed('--config', 'inner/other.yml'), { env: {}, cwd });
    expect(file).toBe(join(cwd, 'inner/other.yml'));
  });

  it('need no file where there is a URL', async () => {
    const { file, virtualHosts } = await configurationOf(parsed('--url', 'amqp://h/x', '--address', 'a'), {
      env: { SAMOVAR_CONFIG: '/no/such/file' },
      cwd: '/',
    });
    expect({ file, virtualHosts }).toMatchObject({ file: undefined, virtualHosts: [{ name: 'x', addresses: ['a'] }] });
  });

  it.each([
    [
      'several virtual hosts and none chosen',
      [],
      /^expected --vhost or --all-vhosts, since .* has several: trees, flowers, bushes$/,
    ],
    ['a virtual host that there is not', ['--vhost', 'flower'], /got "flower"; did you mean flowers\?$/],
    ['both ways to choose', ['--vhost', 'trees', '--all-vhosts'], /either --vhost or --all-vhosts/],
    ['a URL beside a file', ['--url', 'amqp://h', '--config', 'a.yml'], /either --url or --config/],
    ['a URL beside a virtual host', ['--url', 'amqp://h', '--vhost', 'a'], /in the path of --url/],
    ['a URL beside all virtual hosts', ['--url', 'amqp://h', '--all-vhosts'], /in the path of --url/],
  ])('are refused as wrong usage: %s', async (_what, args, message) => {
    const error: unknown = await configured(three, ...args).catch((refusal: unknown) => refusal);
    expect(error).toBeInstanceOf(UsageError);
    expect((error as Error).message).toMatch(message);
    expect(failureOf(error).exitCode).toBe(64);
  });
});

it('several wrong settings are a line each, and exit with 78', () => {
  expect(failureOf(new ConfigurationError(['a\nb', 'c']))).toEqual({ exitCode: 78, line: 'samovar: a b\nsamovar: c' });
});

describe('the transport that is configured', () => {
  it('is one broker for the process, if it is memory', async () => {
    const [one, other] = await Promise.all([
      openTransport({ transport: 'memory' }, {}),
      openTransport({ transport: 'memory' }, {}),
    ]);
    const received = new Promise((resolve) => {
      void one.consume('configured.test', { actions: [], intake: 1 }, async ({ message }) => {
        resolve(message.body);
        return { kind: 'ack' };
      });
    });
    await expect
      .poll(() =>
        other.send('configured.test', { id: '1', body: '{}', headers: {} }).then(
          () => 'sent',
          () => 'refused',
        ),
      )
      .toBe('sent');
    expect(await received).toBe('{}');
    await Promise.all([one.close(), other.close()]);
  });

  it('is refused as a setting where an option cannot be right', async () => {
    const options = { url: 'amqp://h', replyRoute: 'request-exchange', exchangeTypes: { a: 'fanout' } } as const;
    const refused = openTransport({ transport: 'amqp', options }, {});
    await expect(refused).rejects.toThrow(ConfigurationError);
    await expect(refused).rejects.toThrow(/replyRoute/);
  });
});
