import { SQSClient, type SQSClientConfig } from '@aws-sdk/client-sqs';
import type { SqsSettings } from './options.js';

/** Each poll keeps one to itself; the SDK's own limit of 50 would make further calls wait for a poll to end. */
const maxSockets = 1_000;

const nothing = (): void => undefined;

/** Where a message says its reply goes must never decide where a request of ours goes: hence `useQueueUrlAsEndpoint`. */
export function createSdkClient({ region, endpoint, requestHandler }: SqsSettings): {
  readonly client: SQSClient;
  /** Ends its connections. A request handler that was given is somebody else's, and goes on. */
  readonly destroy: () => void;
} {
  const config: SQSClientConfig = {
    useQueueUrlAsEndpoint: false,
    maxAttempts: 1,
    requestHandler: requestHandler ?? {
      httpAgent: { keepAlive: true, maxSockets },
      httpsAgent: { keepAlive: true, maxSockets },
      // Without one it writes to the console.
      logger: { trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing },
    },
  };
  if (region !== undefined) config.region = region;
  if (endpoint !== undefined) config.endpoint = endpoint;
  const client = new SQSClient(config);
  // It copies all that goes in and out for a log that nobody keeps.
  client.middlewareStack.remove('loggerMiddleware');
  return { client, destroy: requestHandler ? nothing : () => client.destroy() };
}
