import { createClient, defineAction, defineHandler, exclusive, secret, startServer, type CallOptions } from 'samovar';
import { createAmqpTransport, type AmqpTransportOptions } from 'samovar/amqp';
import { z } from 'zod';
import { echo, requestOf } from '../echo.js';
import type { Caller, PeerOptions } from '../peer.js';
import { untilAborted } from '../until-aborted.js';

/**
 * Samovar over RabbitMQ. 'defaults': validated and confirmed on both sides, a deadline, a durable inbox; the concurrency
 * is the others' prefetch. The other variants are that with one thing changed; to those that begin with 'pending',
 * negative numbers are never answered.
 */
const addressOf = (variant: string) => `bench-${variant}`;
const heldAddressOf = (variant: string) => `${addressOf(variant)}-held`;
const patientMs = 600_000;
const secrets = { fernetKeys: [`${Buffer.from('known to all who read this file.').toString('base64url')}=`] };

const secretEcho = defineAction({
  name: 'bench_secret_echo',
  summary: 'Answers with what it was asked in secret.',
  request: z.object({ n: z.int(), text: secret(z.string().max(20_000)) }),
  response: z.object({ n: z.int() }),
});

const handleSecretEcho = defineHandler(secretEcho, { run: ({ n }) => ({ n }) });

export async function serve({ url, variant }: PeerOptions): Promise<() => Promise<void>> {
  const transport = createAmqpTransport({ url, ...transportOptions[variant] });
  const echoing = defineHandler(echo, {
    ...(variant === 'lock' ? { locks: ({ n }) => [exclusive(`machine-${n % 1_000}`)] } : {}),
    timeoutMs: patientMs,
    // A signal is made where it is asked for.
    run: ({ n }, context) => (n < 0 ? untilAborted(context.signal) : { n }),
  });
  const isPending = variant.startsWith('pending');
  const server = await startServer({
    ...(variant === 'secrets' ? { handlers: [handleSecretEcho], ...secrets } : { handlers: [echoing] }),
    transport,
    address: isPending ? [addressOf(variant), heldAddressOf(variant)] : addressOf(variant),
    concurrency: isPending ? 20_000 : 128,
    drainMs: isPending ? 0 : 25_000,
  });
  return async () => {
    await server.stop();
    await transport.close();
  };
}

/** The documented fast profile: sends are not confirmed, and a caller's inbox ends with its connection. */
const transportOptions: Readonly<Record<string, Partial<AmqpTransportOptions>>> = {
  fast: { inbox: 'exclusive', confirms: false },
};

export async function connect({ url, variant, text }: PeerOptions): Promise<Caller> {
  const transport = createAmqpTransport({ url, ...transportOptions[variant] });
  const client = createClient({ transport, ...(variant === 'secrets' ? secrets : {}) });
  const to = addressOf(variant);
  const held: CallOptions = { to: heldAddressOf(variant), timeoutMs: patientMs };
  const action = variant === 'secrets' ? secretEcho : echo;
  const optionsOf: Readonly<Record<string, (n: number) => CallOptions>> = {
    persistent: () => ({ to, persistent: true }),
    key: (n) => ({ to, idempotencyKey: `call-${n}` }),
  };
  const options = optionsOf[variant] ?? ((n) => (n < 0 ? held : { to }));
  return {
    call: (n) => client.call(action, requestOf(n, text), options(n)),
    async close() {
      await client.close();
      await transport.close();
    },
  };
}
