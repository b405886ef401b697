import { defineConfig } from 'vitest/config';

const source = (path: string) => new URL(path, import.meta.url).pathname;

export default defineConfig({
  resolve: {
    alias: [
      { find: /^samovar$/, replacement: source('src/index.ts') },
      { find: /^samovar\/amqp$/, replacement: source('transports/amqp/index.ts') },
      { find: /^samovar\/sqs$/, replacement: source('transports/sqs/index.ts') },
      { find: /^samovar\/memory$/, replacement: source('transports/memory/index.ts') },
      { find: /^samovar\/redis$/, replacement: source('src/stores/redis/index.ts') },
      { find: /^samovar\/testing$/, replacement: source('src/testing/index.ts') },
      { find: /^samovar\/handlers$/, replacement: source('handlers/index.ts') },
      { find: /^samovar\/handlers\/site$/, replacement: source('handlers/site/index.ts') },
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
    globalSetup: ['test/support/global-setup.ts'],
    // Processes, not threads: tests send signals, and a crash must not take the others along.
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    expect: { poll: { timeout: 10_000, interval: 10 } },
    // The first file that needs a broker waits for it to start, or even to be installed.
    hookTimeout: 300_000,
    teardownTimeout: 30_000,
    dangerouslyIgnoreUnhandledErrors: false,
  },
});
