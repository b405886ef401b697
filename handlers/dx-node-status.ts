import { statfs } from 'node:fs/promises';
import { freemem, hostname, loadavg, totalmem, uptime } from 'node:os';
import { defineAction, defineHandler, failed, type Handler } from 'samovar';
import { z } from 'zod';

const bytes = z.int().nonnegative();

export const dxNodeStatus = defineAction({
  name: 'dx_node_status',
  summary: 'Tells how loaded a node is, and how full the disk is that holds a path.',
  request: z.object({ path: z.string().startsWith('/').max(4_096).default('/') }),
  response: z.object({
    hostname: z.string(),
    uptimeSeconds: z.number().nonnegative(),
    loadAverage: z.object({ minutes1: z.number(), minutes5: z.number(), minutes15: z.number() }),
    memory: z.object({ totalBytes: bytes, freeBytes: bytes }),
    disk: z.object({ path: z.string(), totalBytes: bytes, availableBytes: bytes }),
  }),
  errors: { no_such_path: z.object({ path: z.string() }) },
});

export function handleDxNodeStatus(): Handler {
  return defineHandler(dxNodeStatus, {
    timeoutMs: 10_000,
    async run({ path }) {
      const disk = await diskOf(path);
      const [minutes1 = 0, minutes5 = 0, minutes15 = 0] = loadavg();
      return {
        hostname: hostname(),
        uptimeSeconds: uptime(),
        loadAverage: { minutes1, minutes5, minutes15 },
        memory: { totalBytes: totalmem(), freeBytes: freemem() },
        disk,
      };
    },
  });
}

async function diskOf(path: string) {
  try {
    const { bsize, blocks, bavail } = await statfs(path);
    return { path, totalBytes: blocks * bsize, availableBytes: bavail * bsize };
  } catch (error) {
    if (isMissing(error)) throw failed('no_such_path', { path });
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}
