import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, extname, join, resolve } from 'node:path';
import { pythonPackage } from '../../contract/python/package.js';
import { generatedMark, typescriptModule } from '../../contract/typescript/generate.js';
import type { CommandParts } from '../command-parts.js';
import { exitCodes } from '../exit-codes.js';
import { UsageError } from '../failure.js';
import { contractOf, type ContractFlags } from './contract-of.js';
import { writeFolder } from './output-folder.js';

export interface GenerateFlags extends ContractFlags {
  readonly out: string;
  readonly force?: boolean;
}

/** Writes one TypeScript module. Resolves to the exit code. */
export async function runGenerateTypescript(
  options: GenerateFlags,
  parts: Pick<CommandParts, 'terminal' | 'env' | 'cwd' | 'signal'>,
): Promise<number> {
  const contract = await contractOf(options, parts);
  const isFile = ['.ts', '.mts'].includes(extname(options.out));
  const path = isFile ? options.out : join(options.out, 'contract.ts');
  const file = resolve(parts.cwd, path);
  if (options.force !== true) await checkOurs(file);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, typescriptModule(contract));
  parts.terminal.write(`${counted(contract.actions.length)} in ${path}`);
  return exitCodes.ok;
}

/** Writes a package of Python. Resolves to the exit code. */
export async function runGeneratePython(
  options: GenerateFlags,
  parts: Pick<CommandParts, 'terminal' | 'env' | 'cwd' | 'signal'>,
): Promise<number> {
  const contract = await contractOf(options, parts);
  await writeFolder(resolve(parts.cwd, options.out), pythonPackage(contract), { force: options.force ?? false });
  parts.terminal.write(`${counted(contract.actions.length)} in ${options.out}`);
  return exitCodes.ok;
}

async function checkOurs(file: string): Promise<void> {
  const there = await readFile(file, 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new UsageError(`expected --out to be a file that can be read, or none yet, got ${file}`, { cause: error });
  });
  if (there === undefined || there.startsWith(generatedMark)) return;
  throw new UsageError(
    `expected ${file} to be new or generated before, got a file of others; choose another --out, or write over it with --force`,
  );
}

function counted(actions: number): string {
  return `${actions} ${actions === 1 ? 'action' : 'actions'}`;
}
