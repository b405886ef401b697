import { z } from 'zod';
import * as handlers from '../../handlers/index.js';
import * as site from '../../handlers/site/index.js';
import { describeContract, type Contract } from '../../src/contract/contract.js';
import { defineAction, defineHandler, exclusive, secret, type Action } from '../../src/index.js';

/** All example actions of the repository. */
export const exampleActions: readonly Action[] = Object.values<unknown>({ ...handlers, ...site }).filter(isAction);

function isAction(exported: unknown): exported is Action {
  return typeof exported === 'object' && exported !== null && 'request' in exported && 'response' in exported;
}

const password = secret(z.string().min(8)).describe('At least eight characters.');

interface Tree {
  name: string;
  branches: Tree[];
}
const tree: z.ZodType<Tree> = z.lazy(() => z.object({ name: z.string().min(1), branches: z.array(tree) }));

/** One of everything, with texts that mean no good. */
export const createUsers = defineAction({
  name: 'users:create.many-at_once',
  summary: 'Creates <b>users</b> & "more" </title><script>alert(1)</script>.',
  description: 'First <img src=x onerror=alert(2)>.\n\nSecond, in a paragraph of its own.',
  to: 'users-1',
  persistent: true,
  request: z.object({
    users: z
      .array(
        z.object({
          name: z.string().min(1).max(64).describe('Login </td><script>alert(3)</script>.'),
          password,
          roles: z
            .array(z.enum(['reader', 'writer']))
            .max(3)
            .default(['reader']),
        }),
      )
      .min(1)
      .max(100),
    by: z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('person'), email: z.email(), pin: password.optional() }),
      z.strictObject({ kind: z.literal('machine'), host: z.string().regex(/^[a-z]+$/) }),
    ]),
    labels: z.record(z.string(), z.string()).optional(),
    window: z.tuple([z.iso.datetime(), z.int()]).nullable(),
    tree: tree.optional(),
    percent: z.number().min(0).max(100).multipleOf(0.5).optional(),
    link: z.url().optional(),
    say: z.literal(`it's "so" <i>`).meta({ title: '</style><script>alert(4)</script>' }),
  }),
  response: z.object({ created: z.int().nonnegative(), token: password }),
  errors: { taken: z.object({ names: z.array(z.string()) }).describe('A name <u>is</u> taken.'), closed: z.null() },
});

export const handleCreateUsers = defineHandler(createUsers, {
  locks: () => [exclusive('users')],
  idempotencyKey: () => 'once',
  timeoutMs: 5 * 60_000,
  run: ({ users }) => ({ created: users.length, token: 'a-token-of-users' }),
});

const others = exampleActions.filter(({ name }) => name !== handlers.dxOrderCoffeePot.name);

/** Of all of them; only two have handlers. */
export function exampleContract(): Contract {
  return describeContract([handleCreateUsers, handlers.handleDxOrderCoffeePot(), ...others], {
    title: 'Examples',
    version: '1.2.3',
    packages: new Map([['dx_order_coffee_pot', { name: 'samovar/handlers', version: '0.1.0' }]]),
  });
}
