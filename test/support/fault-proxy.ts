import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { startLane, type Direction, type Faults } from './fault-lane.js';
import { freePorts } from './ports.js';

export interface CutPoint {
  /** An AMQP method such as 'basic.publish', 'basic.ack' or 'basic.deliver'. */
  readonly method: string;
  readonly direction: Direction;
  /** 'before': it does not get through. 'after': it does, with its whole content, and nothing more. */
  readonly when: 'before' | 'after';
  /** Lets that many pass first; 0 by default. */
  readonly skip?: number;
}

/** Stands between clients and a server on 127.0.0.1 and breaks what passes, on all connections at once. */
export interface FaultProxy {
  readonly port: number;
  /** The same URL, through this proxy. */
  through(url: string): string;
  /** Connections open now. */
  readonly open: number;
  /** Connections since the start. */
  readonly accepted: number;
  /** Delays every byte, each way. */
  latency(ms: number): void;
  /** Nothing gets through any more, and nobody is told. What was sent meanwhile arrives at `heal`, as after a broken link. */
  blackHole(direction: Direction | 'both'): void;
  /** Passes everything in pieces of so many bytes. */
  slice(bytes: number): void;
  /** Lets so many more bytes pass in this direction, then cuts the connection they are on; once. */
  limitData(bytes: number, direction: Direction): void;
  /** Cuts a connection at an exact frame, once; resolves when it has. */
  cutAt(point: CutPoint): Promise<void>;
  /** Keeps back a method (one without content, such as basic.ack) and lets others overtake it, until the returned function is called. */
  hold(method: string, direction: Direction): () => void;
  /** Closes all connections (FIN to both sides). */
  cut(): void;
  /** Resets all connections (RST to both sides). */
  reset(): void;
  /** Cuts all connections and refuses new ones until `up`. */
  down(): Promise<void>;
  up(): Promise<void>;
  /** Ends latency, black holes, slices and the limit. */
  heal(): void;
  /** Idempotent. */
  close(): Promise<void>;
}

interface Point extends CutPoint {
  left: number;
  readonly reached: () => void;
}

interface Hold {
  readonly method: string;
  readonly direction: Direction;
  readonly kept: (() => void)[];
}

export async function startFaultProxy(upstreamPort: number): Promise<FaultProxy> {
  const sockets = new Set<Socket>();
  const points = new Set<Point>();
  const holds = new Set<Hold>();
  const holes = new Set<Direction>();
  const limits = new Map<Direction, number>();
  let waiting: (() => void)[] = [];
  let latencyMs = 0;
  let sliceBytes = Infinity;
  let accepted = 0;

  const faults: Faults = {
    latencyMs: () => latencyMs,
    sliceBytes: () => sliceBytes,
    async passable(direction) {
      while (holes.has(direction)) await new Promise<void>((resolve) => waiting.push(resolve));
    },
    allowance(direction, count) {
      const left = limits.get(direction);
      if (left === undefined) return count;
      if (left < count) limits.delete(direction);
      else limits.set(direction, left - count);
      return Math.min(left, count);
    },
    judge(frame, direction, release) {
      for (const point of points) {
        const method = point.when === 'before' ? frame.begins : frame.completes;
        if (point.direction !== direction || point.method !== method || point.left-- > 0) continue;
        points.delete(point);
        point.reached();
        return `cut-${point.when}`;
      }
      for (const hold of holds) {
        if (hold.direction !== direction || hold.method !== frame.begins) continue;
        hold.kept.push(release);
        return 'keep';
      }
      return 'pass';
    },
  };

  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    accepted++;
    const upstream = connect({ port: upstreamPort, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
    }
    startLane(client, upstream, 'up', faults);
    startLane(upstream, client, 'down', faults);
  });
  const [port = 0] = await freePorts(1);
  await once(server.listen(port, '127.0.0.1'), 'listening');

  const cut = () => sockets.forEach((socket) => socket.destroy());
  function heal(): void {
    latencyMs = 0;
    sliceBytes = Infinity;
    holes.clear();
    limits.clear();
    waiting.forEach((resolve) => resolve());
    waiting = [];
  }
  async function down(): Promise<void> {
    const refusing = server.listening ? once(server.close(), 'close') : undefined;
    cut();
    await refusing;
  }

  return {
    port,
    through(url) {
      const result = new URL(url);
      result.host = `127.0.0.1:${port}`;
      return result.href;
    },
    get open() {
      return sockets.size / 2;
    },
    get accepted() {
      return accepted;
    },
    latency: (ms) => void (latencyMs = ms),
    blackHole: (direction) =>
      (direction === 'both' ? (['up', 'down'] as const) : [direction]).forEach((one) => holes.add(one)),
    slice: (bytes) => void (sliceBytes = bytes),
    limitData: (bytes, direction) => void limits.set(direction, bytes),
    cutAt: (point) => new Promise((resolve) => points.add({ ...point, left: point.skip ?? 0, reached: resolve })),
    hold(method, direction) {
      const hold: Hold = { method, direction, kept: [] };
      holds.add(hold);
      return () => {
        holds.delete(hold);
        hold.kept.splice(0).forEach((release) => release());
      };
    },
    cut,
    reset: () => sockets.forEach((socket) => socket.resetAndDestroy()),
    down,
    async up() {
      if (!server.listening) await once(server.listen(port, '127.0.0.1'), 'listening');
    },
    heal,
    async close() {
      heal();
      await down();
    },
  };
}
