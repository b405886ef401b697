import { createPrivateKey } from 'node:crypto';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { loadConfiguration } from '../../src/config/load.js';
import { openCertificateFolder } from '../interop/certificates.js';
import { folderWith } from './folder.js';
import { loaded, loadedHost, loadedOptions, problemsOf } from './loaded.js';

const key = `${'a'.repeat(43)}=`;

describe('a secret', () => {
  it('may be in a file of its own, whose last line break is no part of it', async () => {
    const folder = await folderWith({ password: 'p\n\n', key: `${key}\n`, url: 'amqp://u:q@h\r\n' });
    const text = `
server: {username: u, password: 'file:${folder}/password'}
virtual_hosts:
  trees: {fernet_keys: ['file:${folder}/key', ${key}]}
  flowers: {url: 'file:\${FOLDER}/url'}
`;
    const { virtualHosts, warnings } = await loaded(text, { env: { FOLDER: folder } });
    expect(warnings).toEqual([]);
    expect(virtualHosts).toMatchObject([
      { connection: { options: { url: 'amqp://u:p%0A@localhost:5672/trees' } }, fernetKeys: [key, key] },
      { connection: { options: { url: 'amqp://u:q@h:5672/flowers' } } },
    ]);
  });

  it('is not looked for in a file where something else is meant', async () => {
    expect((await loadedHost('virtual_hosts: {trees: {queue: "file:/x"}}')).addresses).toEqual(['file:/x']);
  });

  it.each([
    [
      'a file that is not there',
      'file:/no/such/file',
      /expected a file that can be read, got none at \/no\/such\/file/,
    ],
    ['a path that is not absolute', 'file:secret', /expected file: followed by an absolute path, got another path/],
  ])('cannot be in %s', async (_what, password, message) => {
    const problems = await problemsOf(`server: {username: u, password: '${password}'}\nvirtual_hosts: {trees: }`);
    expect(problems).toEqual([expect.stringMatching(/^1:33: server\.password: /)]);
    expect(problems[0]).toMatch(message);
  });

  it('in a file that everybody may read is warned about', async () => {
    const folder = await folderWith({ password: 'p' });
    await chmod(join(folder, 'password'), 0o644);
    const text = `server: {username: u, password: 'file:${folder}/password'}\nvirtual_hosts: {trees: }`;
    expect((await loaded(text)).warnings).toEqual([
      expect.stringMatching(
        /samovar\.yml:1:33: server\.password: .*\/password can be read by everybody; chmod o-r it$/,
      ),
    ]);
  });

  it('in a configuration that everybody may read is warned about, one that stands elsewhere is not', async () => {
    const folder = await folderWith({
      'plain.yml': `server: {username: u, password: p}\nvirtual_hosts: {trees: {fernet_key: ${key}}}`,
      'apart.yml': 'server: {username: u, password: "${PASSWORD}"}\nvirtual_hosts: {trees: }',
    });
    const warningsOf = async (name: string, mode: number) => {
      await chmod(join(folder, name), mode);
      const env = { PASSWORD: 'p' };
      return (await loadConfiguration({ config: name, env, cwd: folder })).warnings;
    };
    expect(await warningsOf('plain.yml', 0o640)).toEqual([]);
    expect(await warningsOf('apart.yml', 0o644)).toEqual([]);
    expect(await warningsOf('plain.yml', 0o644)).toEqual([
      `${folder}/plain.yml can be read by everybody and holds server.password, virtual_hosts.trees.fernet_key; chmod o-r it`,
    ]);
  });

  it.each([
    ['server: {username: u, password: [s3cret]}'],
    ['server: {username: u, password: {s3cret: s3cret}}'],
    ['server: {usernam: u, password: s3cret, passwort: s3cret}'],
    ['server: {username: u, password: "s3cret${"}'],
    ['server: {url: "s3cret"}'],
    ['server: {url: "amqp://u:s3cret@h/%"}'],
    ['server: {url: "amqp://u:s3cret@h", port: 5}'],
    ['server: {host: "amqp://u:s3cret@h"}'],
    ['server: {hosts: ["u:s3cret@h"]}'],
    ['server: "amqp://u:s3cret@h"'],
    ['password: s3cret'],
    ['server: {password: "s3cret" s3cret}'],
    ['server: {password: `s3cret}'],
    ['server: {password: s3cret: s3cret}'],
    ['server: {password: "s3cret}'],
    ['server: {password: !s3cret s3cret}'],
    ['server:\n  password: s3cret\n password: s3cret'],
    ['server: {tls: {passphrase: 5}, ssl: ${S3CRET}}'],
  ])('is in no message: %j', async (server) => {
    const text = `${server}\nvirtual_hosts: {trees: {fernet_key: s3cret, fernet_keys: [s3cret, 5]}}`;
    const problems = await problemsOf(text, { env: { S3CRET: 's3cret' } });
    expect(problems.length).toBeGreaterThan(0);
    expect(problems.join('\n')).not.toContain('s3cret');
  });
});

describe('certificates', () => {
  /** A certificate, its key, the same key with a passphrase, and another key. */
  async function folderWithCertificates(): Promise<string> {
    const certificates = await openCertificateFolder();
    onTestFinished(() => certificates.remove());
    const { pem, key: own } = await certificates.authority('own');
    const other = await certificates.authority('other');
    const lock = { format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 's3cret' } as const;
    const locked = createPrivateKey(own).export(lock).toString();
    return folderWith({ 'cert.pem': pem, 'key.pem': own, 'locked.pem': locked, 'other.pem': other.key });
  }

  it('are read from files beside the configuration, and judged', async () => {
    const folder = await folderWithCertificates();
    const cert = await readFile(join(folder, 'cert.pem'), 'utf8');
    const load = async (tls: string) => {
      const file = join(folder, 'samovar.yml');
      await writeFile(file, `server: {ssl: true, tls: {${tls}}}\nvirtual_hosts: {trees: }`, { mode: 0o600 });
      return loadConfiguration({ config: file, env: {}, cwd: '/' });
    };
    const { virtualHosts } = await load('ca: cert.pem, cert: ./cert.pem, key: locked.pem, passphrase: s3cret');
    expect(virtualHosts).toMatchObject([
      { connection: { options: { tls: { ca: cert, cert, passphrase: 's3cret' } } } },
    ]);
    await load('servername: h, accept_unverified_on_loopback: true');

    const refused = (tls: string) => expect(load(tls)).rejects;
    await refused('ca: key.pem').toThrow(/1:31: server\.tls\.ca: expected a file with a certificate \(PEM\)/);
    await refused('cert: key.pem, key: key.pem').toThrow(/server\.tls\.cert: expected a file with a certificate/);
    await refused('cert: cert.pem, key: cert.pem').toThrow(/server\.tls\.key: expected a file with a private key/);
    await refused('cert: cert.pem, key: locked.pem').toThrow(/and its passphrase if it has one, got one that cannot/);
    await refused('cert: cert.pem, key: other.pem').toThrow(/expected the key of the certificate in cert, got another/);
    await refused('cert: cert.pem').toThrow(/expected key beside cert, got none; add it/);
    await refused('key: key.pem').toThrow(/expected cert beside key, got none; add it/);
    await refused('ca: no.pem').toThrow(/server\.tls\.ca: expected a file that can be read, got none at .*\/no\.pem/);
  });

  it('may differ between virtual hosts', async () => {
    const folder = await folderWithCertificates();
    const text = `
server: {url: 'amqps://h', tls: {ca: '${folder}/cert.pem'}}
virtual_hosts: {trees: {tls: {servername: other}}}
`;
    expect((await loadedOptions(text)).tls).toEqual({ servername: 'other' });
  });
});
