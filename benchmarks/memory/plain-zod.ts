import type { Open } from './in-process.js';

/** What is left without a runtime: an asynchronous function, with its request and its response checked. */
export const open: Open = ({ request, response }) => {
  async function run({ n }: { n: number }): Promise<unknown> {
    return { n };
  }
  return {
    async call(given) {
      const asked = request.safeParse(given);
      if (!asked.success) throw asked.error;
      const answered = response.safeParse(await run(asked.data as { n: number }));
      if (!answered.success) throw answered.error;
      return answered.data;
    },
  };
};
