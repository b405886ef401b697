import { defineAction, defineHandler } from 'samovar';
import { z } from 'zod';

/** What every benchmark calls: small, validated on both sides, without locks or keys. */
export const echo = defineAction({
  name: 'bench_echo',
  summary: 'Answers with what it was asked.',
  request: z.object({ n: z.int(), text: z.string().max(200) }),
  response: z.object({ n: z.int() }),
});

export const handleEcho = defineHandler(echo, { run: ({ n }) => ({ n }) });

export const requestOf = (n: number) => ({ n, text: 'one pot of coffee for the third floor' });
