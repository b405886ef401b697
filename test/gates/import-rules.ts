import { posix } from 'node:path';
import type { Source } from './sources.js';

interface Rule {
  readonly files: RegExp;
  /** Modules by name, and files by their path in the repository. */
  readonly mayImport: readonly RegExp[];
  /** What may be imported by `import()` only, so that it is not loaded where it is not used. */
  readonly dynamically?: readonly RegExp[];
}

const node = /^node:/;
const core = /^src\/core\//;
const secrets = /^src\/secrets\//;
/** The stages of a request, which tests look at. */
const stages = /^src\/middleware\/observe\.ts$/;
const seededRandom = /^src\/testing\/seeded-random\.ts$/;
const storeInterfaces = /^src\/stores\/[^/]+$/;
const heart = [
  core,
  /^src\/middleware\//,
  /^src\/stores\/memory\//,
  secrets,
  storeInterfaces,
  node,
  /^zod$/,
  /^p-queue$/,
];

function transport(name: string, ...sdk: RegExp[]): Rule {
  return {
    files: new RegExp(`^transports/${name}/`),
    mayImport: [
      /^src\/core\/(transport|errors|backoff|clock|counters|random|log|quarantine(-work)?)\.ts$/,
      new RegExp(`^transports/${name}/`),
      /^async-mutex$/,
      node,
      ...sdk,
    ],
  };
}

/** The first rule that fits a file decides. */
const rules: readonly Rule[] = [
  { files: /^src\/(core|middleware|stores\/memory)\//, mayImport: heart },
  { files: /^src\/stores\/redis\//, mayImport: [core, storeInterfaces, /^src\/stores\/redis\//, /^redis$/, node] },
  { files: storeInterfaces, mayImport: [core, storeInterfaces, node] },
  { files: secrets, mayImport: [core, secrets, node, /^zod$/] },
  { files: /^src\/contract\//, mayImport: [...heart, /^src\/(contract|config|mock)\//, seededRandom, /^yaml$/] },
  { files: /^src\/config\//, mayImport: [...heart, /^src\/(contract|config)\//, /^yaml$/] },
  { files: /^src\/mock\//, mayImport: [/^src\/mock\//, core, /^zod$/, node] },
  {
    files: /^src\/testing\//,
    mayImport: [/^src\/testing\//, core, stages, /^src\/stores\//, /^transports\/memory\//, node],
  },
  {
    files: /^src\/cli\//,
    mayImport: [/^(?!(transports|src\/stores\/\w+)\/)(?!amqplib$|redis$|@aws-sdk\/)/],
    dynamically: [/./],
  },
  { files: /^src\/index\.ts$/, mayImport: [/^src\/(core|middleware|stores|secrets|contract|config)\//] },
  transport('memory'),
  transport('amqp', /^amqplib(\/|$)/),
  transport('sqs', /^@aws-sdk\/client-sqs$/),
  { files: /^handlers\//, mayImport: [/^handlers\//, /^samovar$/, /^zod$/, node] },
];

/** One sentence for each import that the layout forbids. */
export function forbiddenImports(sources: readonly Source[]): string[] {
  return sources.flatMap((source) => {
    const rule = rules.find(({ files }) => files.test(source.path));
    if (!rule) return [`${source.path}: no import rule fits this file; put it where one does, or add a rule`];
    return importsOf(source).flatMap(({ target, dynamic }) => {
      const allowed = [...rule.mayImport, ...(dynamic ? (rule.dynamically ?? []) : [])];
      if (allowed.some((pattern) => pattern.test(target))) return [];
      return [`${source.path}: may not import ${target}${rule.dynamically ? ' but by import()' : ''}`];
    });
  });
}

export interface Import {
  /** A module's name, or the path of a file in the repository. */
  readonly target: string;
  readonly dynamic: boolean;
}

const statements = /^\s*(?:import|export)\s(?:[^;'"]*?\sfrom\s*)?\s*['"]([^'"]+)['"]/gm;
const calls = /\bimport\(\s*['"]([^'"]+)['"]/g;

/** Its import and export-from statements and its calls of `import()` with a literal. */
export function importsOf({ path, text }: Source): Import[] {
  const found = (pattern: RegExp, dynamic: boolean) =>
    Array.from(text.matchAll(pattern), ([, specifier = '']) => ({ target: resolve(path, specifier), dynamic }));
  return [...found(statements, false), ...found(calls, true)];
}

function resolve(from: string, specifier: string): string {
  if (!specifier.startsWith('.')) return specifier;
  return posix.join(posix.dirname(from), specifier).replace(/\.js$/, '.ts');
}
