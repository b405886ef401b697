import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ConfigurationError } from '../../src/config/configuration-error.js';
import { findConfiguration, usualPlaces } from '../../src/config/find.js';
import { folderWith } from './folder.js';

const env = { SAMOVAR_CONFIG: '/from/samovar-config.yml', CONFIG_FILE_PATH: '/from/config-file-path.yml' };

it.each([
  ['the one that is named', 'named.yml', env, '/work/named.yml'],
  ['SAMOVAR_CONFIG', undefined, env, env.SAMOVAR_CONFIG],
  ['CONFIG_FILE_PATH', undefined, { CONFIG_FILE_PATH: env.CONFIG_FILE_PATH }, env.CONFIG_FILE_PATH],
  ['CONFIG_FILE_PATH beside an empty SAMOVAR_CONFIG', undefined, { ...env, SAMOVAR_CONFIG: '' }, env.CONFIG_FILE_PATH],
  ['a variable from the working folder', undefined, { SAMOVAR_CONFIG: 'a.yml' }, '/work/a.yml'],
])('takes %s', async (_what, named, environment, expected) => {
  expect(await findConfiguration(named, { env: environment, cwd: '/work' })).toBe(expected);
});

it('looks at the usual places, and takes the first there is', async () => {
  const cwd = await folderWith({ 'b.yml': '', 'c.yml': '' });
  expect(usualPlaces).toEqual(['/etc/samovar/samovar.yml', '/etc/cyberfusion/rabbitmq.yml', './samovar.yml']);
  const places = ['./a.yml', './b.yml', './c.yml'];
  expect(await findConfiguration(undefined, { env: {}, cwd, places })).toBe(join(cwd, 'b.yml'));
});

it('says where it has looked when there is none', async () => {
  const cwd = await folderWith({});
  const places = ['/no/such/a.yml', './b.yml'];
  const refused = findConfiguration(undefined, { env: {}, cwd, places });
  await expect(refused).rejects.toThrow(ConfigurationError);
  await expect(refused).rejects.toThrow(
    /got none at \/no\/such\/a\.yml, \.\/b\.yml; name one with --config, SAMOVAR_CONFIG/,
  );
});
