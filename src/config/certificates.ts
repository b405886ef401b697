import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import type { Path } from './places.js';
import type { Problem } from './problems.js';

/** What is wrong with the certificates and the key of a `tls` mapping, in which files have been replaced by their content. */
export function certificateProblems(path: Path, tls: Readonly<Record<string, unknown>>): Problem[] {
  const { ca, cert, key, passphrase } = tls;
  const problems: Problem[] = [];
  function wrong(name: string, expected: string, got: string): undefined {
    problems.push({ path: [...path, name], expected, got });
  }

  // Node takes text that is no certificate for no authority at all.
  if (typeof ca === 'string' && !certificateIn(ca))
    wrong('ca', 'a file with a certificate (PEM)', 'a file without one');
  const certificate = typeof cert === 'string' ? certificateIn(cert) : undefined;
  if (typeof cert === 'string' && !certificate) wrong('cert', 'a file with a certificate (PEM)', 'a file without one');
  const privateKey = typeof key === 'string' ? keyIn(key, passphrase) : undefined;
  if (typeof key === 'string' && !privateKey) {
    wrong('key', 'a file with a private key (PEM), and its passphrase if it has one', 'one that cannot be opened');
  }
  if (cert !== undefined && key === undefined) wrong('cert', 'key beside cert', 'none; add it');
  if (key !== undefined && cert === undefined) wrong('key', 'cert beside key', 'none; add it');
  if (certificate && privateKey && !certificate.checkPrivateKey(privateKey)) {
    wrong('key', 'the key of the certificate in cert', 'another key');
  }
  return problems;
}

function certificateIn(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

function keyIn(pem: string, passphrase: unknown): KeyObject | undefined {
  try {
    return createPrivateKey({ key: pem, ...(typeof passphrase === 'string' ? { passphrase } : {}) });
  } catch {
    return undefined;
  }
}
