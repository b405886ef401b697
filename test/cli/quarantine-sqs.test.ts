import { createSqsEmulator } from 'samovar/testing';
import { createSqsTransport, openQuarantine } from 'samovar/sqs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runList, runPurge, runRedrive, runShow } from '../../src/cli/quarantine/command.js';
import { folderWith } from '../config/folder.js';
import { recordedTerminal } from './recorded-terminal.js';

/** A resource whose worker sets everything aside until it is mended. */
async function broken(count: number) {
  process.env['AWS_ACCESS_KEY_ID'] ??= 'AKIDTEST';
  process.env['AWS_SECRET_ACCESS_KEY'] ??= 'secret';
  const listening = await createSqsEmulator().listen();
  const { endpoint } = listening;
  const transport = createSqsTransport({ endpoint, region: 'eu-west-1', pollMs: 1_000 });
  onTestFinished(async () => {
    await transport.close();
    await listening.close();
  });
  const seen: string[] = [];
  let isMended = false;
  await transport.consume('products', { actions: ['availability'], intake: 10 }, async ({ message }) => {
    if (!isMended) return { kind: 'quarantine', reason: 'broken' };
    seen.push(message.id);
    return { kind: 'ack' };
  });
  for (let nth = 1; nth <= count; nth++) {
    await transport.send('products', {
      ...{ id: `id-${nth}`, action: 'availability', headers: {} },
      body: '{"password":"s3cret"}',
    });
  }
  await expect.poll(() => transport.health().counters['quarantined']).toBe(count);
  const text = `transport: sqs\nsqs: {resources: [products], region: eu-west-1, endpoint: "${endpoint}"}\n`;
  const config = `${await folderWith({ 'samovar.yml': text })}/samovar.yml`;
  return { config, endpoint, seen, mend: () => void (isMended = true) };
}

function parts() {
  const stdin = { isTTY: false } as unknown as NodeJS.ReadStream;
  return { terminal: recordedTerminal(), env: {}, cwd: '/', signal: new AbortController().signal, stdin };
}

describe('samovar quarantine, with resources of SQS', () => {
  it('lists, shows and redrives in order', async () => {
    const { config, seen, mend } = await broken(3);
    const listing = parts();
    expect(await runList({ config }, listing)).toBe(0);
    expect(listing.terminal.lines[1]).toMatch(/^id-1 +availability +broken /);
    expect(listing.terminal.lines.at(-1)).toBe('3, of 3 set aside');
    const showing = parts();
    expect(await runShow('id-2', { config }, showing)).toBe(0);
    expect(showing.terminal.lines.join('\n')).not.toContain('s3cret');
    mend();
    expect(await runRedrive({ config }, parts())).toBe(0);
    await expect.poll(() => seen).toEqual(['id-1', 'id-2', 'id-3']);
  });

  it('purges, and says where nothing is set aside', async () => {
    const { config, endpoint } = await broken(2);
    expect(await runPurge({ config, yes: true }, parts())).toBe(0);
    const quarantine = openQuarantine({ endpoint, region: 'eu-west-1', address: 'products' });
    onTestFinished(() => quarantine.close());
    expect(await quarantine.list()).toMatchObject({ total: 0, entries: [] });
  });
});
