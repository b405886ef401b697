import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from 'samovar';
import setUp, { settings } from 'samovar/handlers';
import { expect, it, onTestFinished } from 'vitest';

it('gives a worker all example handlers, by its settings', () => {
  const names = setUp({ settings: settings.parse({}), clock: systemClock }).map(({ action }) => action.name);
  expect(names).toEqual([
    'dx_example',
    'dx_node_status',
    'dx_order_coffee_pot',
    'dx_create_backup',
    'dx_restore_backup',
    'availability',
  ]);
});

it('refuses settings that cannot be right', () => {
  expect(settings.safeParse({ hopperGrams: 0 }).success).toBe(false);
  expect(settings.safeParse({ machines: [] }).success).toBe(false);
  expect(settings.safeParse({ backups: { roots: ['srv'] } }).success).toBe(false);
});

it('lets no folder be backed up unless its settings say so', () => {
  expect(settings.parse({}).backups.roots).toEqual([]);
});

it('keeps archives and what is backed up apart', () => {
  const backups = (archives: string) => settings.safeParse({ backups: { roots: ['/srv/sites'], archives } }).success;
  expect(backups('/srv/backups')).toBe(true);
  expect(backups('/srv/sites/backups')).toBe(false);
  expect(backups('/srv')).toBe(false);
});

it('does not start with a root, or a folder for archives, that a symbolic link leads to', () => {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'samovar-roots-')));
  onTestFinished(() => rmSync(base, { recursive: true }));
  mkdirSync(join(base, 'srv/backups'), { recursive: true });
  symlinkSync('srv', join(base, 'alias'));
  const start = (root: string, archives: string) => {
    const backups = { roots: [join(base, root)], archives: join(base, archives) };
    return setUp({ settings: settings.parse({ backups }), clock: systemClock });
  };
  const message = `name ${join(base, 'srv')}/`;
  expect(() => start('alias/trees', 'archives')).toThrow(`${message}trees`);
  expect(() => start('srv/trees', 'alias/backups/new')).toThrow(`${message}backups/new`);
  expect(start('srv/trees', 'srv/backups')).toHaveLength(6);
});

it('asks RabbitMQ for no more time than it gives by default, with all the time that a lock is waited for', () => {
  for (const { timeoutMs = 60_000 } of setUp({ settings: settings.parse({}), clock: systemClock })) {
    expect(timeoutMs + 600_000).toBeLessThanOrEqual(25 * 60_000);
  }
});
