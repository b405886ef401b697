import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { repository } from './sources.js';

const tracked = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], {
  cwd: repository,
  encoding: 'utf8',
})
  .split('\0')
  .filter((path) => path !== '');

test('no file names a package registry: who installs chooses it', () => {
  const registry =
    /\bregistry[.][\w-]+[.]\w+|\/\/[\w.-]+\/(artifactory|nexus|verdaccio|npm-proxy)\b|"resolved": *"http/;
  const found = tracked.filter((path) => registry.test(read(path)));
  expect(found).toEqual([]);
});

test('no file holds a credential for a registry', () => {
  expect(tracked.filter((path) => /\b_(auth|authToken|password) *=/.test(read(path)))).toEqual([]);
});

test('the compiler is as strict as it can be', () => {
  const { compilerOptions } = JSON.parse(read('tsconfig.json')) as { compilerOptions: Record<string, unknown> };
  expect(compilerOptions).toMatchObject({
    strict: true,
    noUncheckedIndexedAccess: true,
    exactOptionalPropertyTypes: true,
    noPropertyAccessFromIndexSignature: true,
    noImplicitOverride: true,
    noImplicitReturns: true,
    noFallthroughCasesInSwitch: true,
    noUnusedLocals: true,
    noUnusedParameters: true,
    verbatimModuleSyntax: true,
    isolatedModules: true,
    erasableSyntaxOnly: true,
  });
});

function read(path: string): string {
  try {
    return readFileSync(join(repository, path), 'utf8');
  } catch {
    // Deleted, but still in the index.
    return '';
  }
}
