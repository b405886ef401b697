import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { installDebianPackages, isExecutable } from '../support/debian-packages.js';
import { guardian } from '../support/guardian.js';

const run = promisify(execFile);
const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/** A certificate with its key, as PEM files. */
export interface Certificate {
  readonly certificateFile: string;
  readonly keyFile: string;
  readonly pem: string;
  readonly key: string;
}

/** Certificates of an authority of our own, made by openssl. */
export interface Authority extends Certificate {
  issue(name: string, subjectAltName: string): Promise<Certificate>;
}

export interface CertificateFolder {
  authority(name: string): Promise<Authority>;
  remove(): Promise<void>;
}

export async function openCertificateFolder(): Promise<CertificateFolder> {
  if (!(await isExecutable('/usr/bin/openssl'))) await installDebianPackages(['openssl']);
  const folder = await mkdtemp(join(tmpdir(), 'samovar-certificates-'));
  guardian().watch(folder);

  async function request(name: string, args: readonly string[]): Promise<Certificate> {
    const certificateFile = join(folder, `${name}.pem`);
    const keyFile = join(folder, `${name}.key`);
    const files = ['-keyout', keyFile, '-out', certificateFile];
    await run('openssl', ['req', '-x509', ...newKey, '-days', '2', '-subj', `/CN=${name}`, ...files, ...args]);
    await chmod(keyFile, 0o600);
    const [pem, key] = await Promise.all([readFile(certificateFile, 'utf8'), readFile(keyFile, 'utf8')]);
    return { certificateFile, keyFile, pem, key };
  }

  return {
    async authority(name) {
      const own = await request(name, ['-addext', 'keyUsage=critical,keyCertSign']);
      const signed = ['-CA', own.certificateFile, '-CAkey', own.keyFile];
      return {
        ...own,
        issue: (issued, subjectAltName) =>
          request(issued, [
            ...signed,
            '-addext',
            `subjectAltName=${subjectAltName}`,
            '-addext',
            'basicConstraints=critical,CA:FALSE',
          ]),
      };
    },
    async remove() {
      await rm(folder, { recursive: true });
      guardian().forget(folder);
    },
  };
}
