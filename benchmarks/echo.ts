import { defineAction, defineHandler } from 'samovar';
import { z } from 'zod';

/** What a request carries beside its number. */
export const texts = {
  small: 'one pot of coffee for the third floor',
  '10 KiB': 'one pot of coffee for the third floor; '.repeat(300).slice(0, 10 * 1024),
} as const;

/** What every benchmark calls: validated on both sides, without locks or keys. */
export const echo = defineAction({
  name: 'bench_echo',
  summary: 'Answers with what it was asked.',
  request: z.object({ n: z.int(), text: z.string().max(20_000) }),
  response: z.object({ n: z.int() }),
});

export const handleEcho = defineHandler(echo, { run: ({ n }) => ({ n }) });

export const requestOf = (n: number, text: string = texts.small) => ({ n, text });
