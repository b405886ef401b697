import { call, os } from '@orpc/server';

/** oRPC, called on the server's side: input and output checked. */
export function open({ request, response }) {
  const router = {
    echo: os
      .input(request)
      .output(response)
      .handler(async ({ input }) => ({ n: input.n })),
  };
  return { call: (given) => call(router.echo, given) };
}
