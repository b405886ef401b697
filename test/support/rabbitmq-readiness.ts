import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** A broker that does not find an epmd starts one: a daemon that would outlive it. */
export async function waitForEpmd(port: number, giveUpAt: number): Promise<void> {
  while (!(await accepts(port))) {
    if (performance.now() > giveUpAt) throw new Error(`expected epmd to listen on port ${port}, got no connection`);
    await sleep(10);
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

/** A broker that is still booting accepts connections; only one that is ready answers the protocol header with a frame. */
export function letsAmqpIn(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('AMQP\0\0\x09\x01'));
    const settle = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(1_000, () => settle(false));
    socket.on('data', (data) => settle(data[0] === 1));
    socket.on('error', () => settle(false));
    socket.on('close', () => settle(false));
  });
}

export async function answersHttp(port: number): Promise<boolean> {
  return fetch(`http://127.0.0.1:${port}/api/overview`).then(
    (response) => response.status === 401,
    () => false,
  );
}
