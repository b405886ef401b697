import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { StuckFiles } from './test/support/stuck-files.js';

/** What takes longest, so that no worker is left alone with it in the end. */
const long = [
  ...['faults/soak', 'faults/canary', 'faults/worker-stages', 'faults/under-load', 'e2e/broker-killed'],
  ...['gates/readme', 'cli/batch-processes', 'cli/worker-redis', 'e2e/failure-table', 'faults/overload'],
  ...['conformance/amqp', 'conformance/sqs'],
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const place = long.findIndex((name) => moduleId.includes(`/test/${name}.test.ts`));
      return place < 0 ? long.length : place;
    };
    const sorted = await super.sort(files);
    return sorted.toSorted((a, b) => rank(a) - rank(b));
  }
}

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
    reporters: ['default', ['json', { outputFile: '.tmp/vitest.json' }], new StuckFiles()],
    globalSetup: ['test/support/global-setup.ts'],
    // Processes, not threads: tests send signals, and a crash must not take the others along.
    pool: 'forks',
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    testTimeout: 30_000,
    expect: { poll: { timeout: 10_000, interval: 10 } },
    // The first file that needs a broker waits for it to start, or even to be installed.
    hookTimeout: 300_000,
    teardownTimeout: 30_000,
    dangerouslyIgnoreUnhandledErrors: false,
  },
});
