import net from 'node:net';
import tls from 'node:tls';
import amqp from 'amqplib';
import type { Endpoint } from './endpoints.js';
import type { AmqpSettings } from './options.js';
import { tlsOptions } from './tls-options.js';

/** Why a broker that answers does not let us in. */
export interface Refusal {
  readonly code: number;
  readonly text: string;
}

const startOk = [10, 11] as const;
const tuneOk = [10, 31] as const;
const open = [10, 40] as const;
const frameEnd = 0xce;
/** No broker says more than this before it has let anybody in. */
const mostBytes = 64 * 1024;

/**
 * Asks a broker once more to let us in, only to hear the reason: amqplib 2.3 drops the code and text of a close that
 * comes in place of `connection.open-ok`, and so a missing virtual host looks like one that is still recovering.
 * Resolves to undefined if this time it would have let us in, or never says why not. Written from the AMQP 0-9-1 specification, section 2.2.4.
 */
export function askForRefusal(
  endpoint: Endpoint,
  settings: AmqpSettings,
  signal: AbortSignal,
): Promise<Refusal | undefined> {
  return new Promise((resolve) => {
    const socket = endpoint.tls
      ? tls.connect({ host: endpoint.host, port: endpoint.port, ...tlsOptions(endpoint, settings.tls) })
      : net.connect({ host: endpoint.host, port: endpoint.port });
    let received = Buffer.alloc(0);

    function finish(refusal?: Refusal): void {
      signal.removeEventListener('abort', stop);
      socket.destroy();
      resolve(refusal);
    }
    const stop = () => finish();
    signal.addEventListener('abort', stop, { once: true });
    socket.on('error', stop).on('close', stop);
    socket.write(Buffer.from('AMQP\0\0\x09\x01', 'latin1'));
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (received.length > mostBytes) return finish();
      while (received.length >= 8 && received.length >= received.readUInt32BE(3) + 8) {
        const payload = received.subarray(7, 7 + received.readUInt32BE(3));
        received = received.subarray(payload.length + 8);
        const answer = payload.length >= 4 ? answerTo(payload) : undefined;
        if (answer === 'let in') return finish();
        if (answer && 'code' in answer) return finish(answer);
        if (answer) socket.write(answer);
      }
    });
  });

  function answerTo(payload: Buffer): Buffer | Refusal | 'let in' | undefined {
    if (payload.readUInt16BE(0) !== 10) return undefined;
    switch (payload.readUInt16BE(2)) {
      case 10:
        return frame(startOk, [longString(clientProperties()), ...identity(), shortString('en_US')]);
      case 30:
        // channel-max, frame-max and heartbeat, as the broker wishes.
        return Buffer.concat([
          frame(tuneOk, [payload.subarray(4, 12)]),
          frame(open, [shortString(endpoint.virtualHost), Buffer.alloc(2)]),
        ]);
      case 41:
        return 'let in';
      case 50:
        if (payload.length < 7) return undefined;
        return { code: payload.readUInt16BE(4), text: payload.toString('utf8', 7, 7 + payload.readUInt8(6)) };
      default:
        return undefined;
    }
  }

  function identity(): Buffer[] {
    const credentials = credentialsFor(endpoint, settings);
    return [shortString(credentials.mechanism), longString(credentials.response())];
  }
}

/** What proves who we are, in both ways of connecting. */
export function credentialsFor(
  { username, password }: Endpoint,
  { authentication }: Pick<AmqpSettings, 'authentication'>,
): ReturnType<typeof amqp.credentials.external> {
  return authentication === 'external' ? amqp.credentials.external() : amqp.credentials.plain(username, password);
}

/** `{capabilities: {authentication_failure_close: true}}`: without it a wrong password is a closed socket. */
function clientProperties(): Buffer {
  const close = Buffer.concat([shortString('authentication_failure_close'), Buffer.from('t\x01', 'latin1')]);
  return Buffer.concat([shortString('capabilities'), Buffer.from('F'), longString(close)]);
}

function frame([classId, methodId]: readonly [number, number], fields: readonly Buffer[]): Buffer {
  const payload = Buffer.concat([uint16(classId), uint16(methodId), ...fields]);
  return Buffer.concat([Buffer.from([1, 0, 0]), uint32(payload.length), payload, Buffer.from([frameEnd])]);
}

function shortString(text: string): Buffer {
  const bytes = Buffer.from(text).subarray(0, 255);
  return Buffer.concat([Buffer.from([bytes.length]), bytes]);
}

function longString(bytes: Buffer): Buffer {
  return Buffer.concat([uint32(bytes.length), bytes]);
}

function uint16(value: number): Buffer {
  return Buffer.from([value >> 8, value & 0xff]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
