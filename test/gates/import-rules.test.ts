import { expect, test } from 'vitest';
import { forbiddenImports, importsOf } from './import-rules.js';
import { readSources } from './sources.js';

test('every file imports only what its place in the layout allows', () => {
  expect(forbiddenImports(readSources('src', 'transports', 'handlers'))).toEqual([]);
});

test.each([
  ['src/core/server.ts', `import amqp from 'amqplib';`],
  ['src/core/server.ts', `import { createMemoryBroker } from '../../transports/memory/index.js';`],
  ['src/core/server.ts', `export * from '../testing/index.js';`],
  ['src/core/server.ts', `export { createRedis } from '../stores/redis/lock.js';`],
  ['src/middleware/lock.ts', `import '../cli/main.js';`],
  ['src/stores/lock.ts', `import { createMemoryLocks } from './memory/lock.js';`],
  ['src/stores/redis/lock.ts', `import type { Lock } from '../memory/lock.js';`],
  ['src/secrets/fernet.ts', `import fernet from 'fernet';`],
  ['src/config/read.ts', `const cli = await import('../cli/main.js');`],
  ['src/testing/index.ts', `import { test } from 'vitest';`],
  ['src/testing/index.ts', `import { createAmqpTransport } from '../../transports/amqp/index.js';`],
  ['src/cli/main.ts', `import { createAmqpTransport } from '../../transports/amqp/index.js';`],
  ['src/cli/main.ts', `import { createMemoryLocks } from '../stores/memory/lock.js';`],
  ['src/cli/main.ts', `import { connect } from 'amqplib';`],
  ['src/index.ts', `export { createAmqpTransport } from '../transports/amqp/index.js';`],
  ['transports/amqp/index.ts', `import { createServer } from '../../src/core/server.js';`],
  ['transports/amqp/index.ts', `import {\n  a,\n  b,\n} from '../memory/index.js';`],
  ['transports/memory/index.ts', `import { connect } from 'amqplib';`],
  ['transports/sqs/index.ts', `import { S3 } from '@aws-sdk/client-s3';`],
  ['handlers/site.ts', `import { defineAction } from '../src/index.js';`],
  ['src/somewhere-new/a.ts', ``],
])('%s with %j is refused', (path, text) => {
  expect(forbiddenImports([{ path, text }])).toHaveLength(1);
});

test.each([
  [
    'src/core/server.ts',
    `import PQueue from 'p-queue';\nimport { z } from 'zod';\nimport type { Lock } from '../stores/lock.js';`,
  ],
  ['src/cli/main.ts', `const { createAmqpTransport } = await import('../../transports/amqp/index.js');`],
  ['src/cli/main.ts', `import { Command } from 'commander';\nimport { startServer } from '../index.js';`],
  ['src/testing/index.ts', `import { createMemoryBroker } from '../../transports/memory/index.js';`],
  ['transports/amqp/index.ts', `import { connect } from 'amqplib';\nimport { Mutex } from 'async-mutex';`],
  ['handlers/site.ts', `import { defineAction } from 'samovar';\nimport { readFile } from 'node:fs/promises';`],
])('%s with %j is fine', (path, text) => {
  expect(forbiddenImports([{ path, text }])).toEqual([]);
});

test('statements are found however they are written', () => {
  const text = [
    `import 'a';`,
    `import b from "b";`,
    `import * as c from 'c';`,
    `import type {\n  D,\n} from 'd';`,
    `export * from './e.js';`,
    `export type { F } from '../f.js';`,
    `const g = await import('g');`,
    ` * import x from 'comment';`,
    `const from = 'nothing';`,
  ].join('\n');
  expect(importsOf({ path: 'src/core/x.ts', text }).map(({ target }) => target)).toEqual([
    'a',
    'b',
    'c',
    'd',
    'src/core/e.ts',
    'src/f.ts',
    'g',
  ]);
});
