import { initTRPC } from '@trpc/server';

/** tRPC, called on the server's side: input and output checked. */
export function open({ request, response }) {
  const { createCallerFactory, procedure, router } = initTRPC.create();
  const routes = router({
    echo: procedure
      .input(request)
      .output(response)
      .query(async ({ input }) => ({ n: input.n })),
  });
  const caller = createCallerFactory(routes)({});
  return { call: (given) => caller.echo(given) };
}
