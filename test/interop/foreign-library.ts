import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { installDebianPackages, isExecutable } from '../support/debian-packages.js';

/** A client library of another language, with what runs its programs. */
export interface ForeignLibrary {
  readonly interpreter: string;
  readonly version: string;
}

/** What a test says when it is skipped. */
export interface Missing {
  readonly missing: string;
}

interface Wanted {
  readonly name: string;
  /** Debian's: others of the same name, first in the path, do not know what Debian installs. */
  readonly interpreter: string;
  /** Prints the library's version. */
  readonly probe: readonly string[];
  readonly packages: readonly string[];
}

const pika: Wanted = {
  name: "Python's Pika",
  interpreter: '/usr/bin/python3',
  probe: ['-c', 'import pika; print(pika.__version__)'],
  packages: ['python3-pika'],
};

const phpAmqplib: Wanted = {
  name: 'php-amqplib',
  interpreter: '/usr/bin/php',
  probe: ['-r', "require 'PhpAmqpLib/autoload.php'; echo PhpAmqpLib\\Package::VERSION;"],
  packages: ['php-cli', 'php-amqplib'],
};

const cryptography: Wanted = {
  name: "Python's cryptography",
  interpreter: '/usr/bin/python3',
  probe: ['-c', 'import cryptography; print(cryptography.__version__)'],
  packages: ['python3-cryptography'],
};

const pydantic: Wanted = {
  name: "Python's pydantic",
  interpreter: '/usr/bin/python3',
  probe: ['-c', 'import pydantic; print(pydantic.VERSION)'],
  packages: ['python3-pydantic'],
};

export const findPika = () => find(pika);
export const findCryptography = () => find(cryptography);
export const findPydantic = () => find(pydantic);
export const findPhpAmqplib = () => find(phpAmqplib);

/** Installs it where that is possible. With CI=true a missing one is an error: nothing is skipped there. */
async function find(wanted: Wanted): Promise<ForeignLibrary | Missing> {
  const found =
    (await probe(wanted)) ?? ((await installDebianPackages(wanted.packages)) ? await probe(wanted) : undefined);
  if (found) return found;
  const missing =
    `expected ${wanted.name} to test with, got none: install ${wanted.packages.join(' and ')}, or run as root on a ` +
    'Debian-like system so that it can be installed';
  if (process.env['CI'] === 'true') throw new Error(missing);
  process.stderr.write(`Skipped: ${missing}\n`);
  return { missing };
}

async function probe({ interpreter, probe: args }: Wanted): Promise<ForeignLibrary | undefined> {
  if (!(await isExecutable(interpreter))) return undefined;
  try {
    const { stdout } = await promisify(execFile)(interpreter, args);
    return { interpreter, version: stdout.trim() };
  } catch {
    return undefined;
  }
}
