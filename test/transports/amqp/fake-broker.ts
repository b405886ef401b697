import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';

/** Speaks just enough AMQP to let a client in, or to close the connection in place of letting it in. */
export interface FakeBroker {
  readonly port: number;
  /** What `connection.open` is answered with; undefined lets the client in. */
  refuse: { readonly code: number; readonly text: string } | undefined;
  readonly refusals: number;
  /** What it closes the connection with, in one piece with letting the client in. */
  closeBehindOpenOk: { readonly code: number; readonly text: string } | undefined;
  /** The method it does not answer, as class and method id with a dot between them. */
  ignores: string | undefined;
  readonly ignored: number;
  readonly connections: number;
  close(): Promise<void>;
}

export async function startFakeBroker(): Promise<FakeBroker> {
  const sockets = new Set<Socket>();
  let refusals = 0;
  let ignored = 0;

  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => undefined);
    let received = Buffer.alloc(0);
    let greeted = false;
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (!greeted && received.length >= 8) {
        greeted = true;
        received = received.subarray(8);
        // connection.start: version 0-9, no properties, PLAIN, en_US
        socket.write(method(0, 10, 10, [Buffer.from([0, 9]), uint32(0), longString('PLAIN'), longString('en_US')]));
      }
      while (greeted && received.length >= 8 && received.length >= received.readUInt32BE(3) + 8) {
        const size = received.readUInt32BE(3);
        answer(socket, received.readUInt16BE(1), received.subarray(7, 7 + size));
        received = received.subarray(size + 8);
      }
    });
  });

  function answer(socket: Socket, channel: number, payload: Buffer): void {
    if (payload.length < 4) return;
    const id = `${payload.readUInt16BE(0)}.${payload.readUInt16BE(2)}`;
    if (id === broker.ignores) {
      ignored += 1;
      return;
    }
    if (id === '10.11') socket.write(method(0, 10, 30, [uint16(0), uint32(131_072), uint16(60)]));
    if (id === '10.40' && broker.refuse) {
      refusals += 1;
      const { code, text } = broker.refuse;
      socket.write(method(0, 10, 50, [uint16(code), shortString(text), uint16(10), uint16(40)]));
    } else if (id === '10.40') {
      const letIn = method(0, 10, 41, [shortString('')]);
      const { code, text } = broker.closeBehindOpenOk ?? {};
      if (code === undefined || text === undefined) socket.write(letIn);
      else {
        const close = method(0, 10, 50, [uint16(code), shortString(text), uint16(0), uint16(0)]);
        socket.write(Buffer.concat([letIn, close]));
      }
    }
    if (id === '10.50') socket.end(method(0, 10, 51, []));
    if (id === '20.10') socket.write(method(channel, 20, 11, [longString('')]));
    if (id === '20.40') socket.write(method(channel, 20, 41, []));
    if (id === '85.10') socket.write(method(channel, 85, 11, []));
  }

  const broker: FakeBroker = {
    get port() {
      return (server.address() as AddressInfo).port;
    },
    refuse: undefined,
    closeBehindOpenOk: undefined,
    ignores: undefined,
    get ignored() {
      return ignored;
    },
    get connections() {
      return sockets.size;
    },
    get refusals() {
      return refusals;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return broker;
}

function method(channel: number, classId: number, methodId: number, fields: readonly Buffer[]): Buffer {
  const payload = Buffer.concat([uint16(classId), uint16(methodId), ...fields]);
  return Buffer.concat([Buffer.from([1]), uint16(channel), uint32(payload.length), payload, Buffer.from([0xce])]);
}

function shortString(text: string): Buffer {
  return Buffer.concat([Buffer.from([Buffer.byteLength(text)]), Buffer.from(text)]);
}

function longString(text: string): Buffer {
  return Buffer.concat([uint32(Buffer.byteLength(text)), Buffer.from(text)]);
}

function uint16(value: number): Buffer {
  return Buffer.from([value >> 8, value & 0xff]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
