import { z } from 'zod';

/** The declared errors of an action: a name each, and the schema of its data. */
export type ErrorSchemas = Readonly<Record<string, z.ZodType>>;

/** A contract: pure data, shared by both sides. */
export interface Action<
  Request extends z.ZodType = z.ZodType,
  Response extends z.ZodType = z.ZodType,
  Errors extends ErrorSchemas = ErrorSchemas,
> {
  readonly name: string;
  /** One sentence for the docs. */
  readonly summary: string;
  /** More for the docs: paragraphs, with an empty line between them. */
  readonly description?: string;
  /** A JSON object on the wire. Parsed synchronously: asynchronous refinements are refused. */
  readonly request: Request;
  readonly response: Response;
  readonly errors: Errors;
  /** For callers that do not know the contract: the data of errors that `errors` does not list. Left out: there are none. */
  readonly otherErrors?: z.ZodType;
  /** Where a call without `to` goes, when the client has no route for it. */
  readonly to?: string | ((request: z.input<Request>) => string);
  /** Calls survive a crash of the broker, at half the speed; one-way requests always do. */
  readonly persistent?: boolean;
}

export type RequestInput<A extends Action> = z.input<A['request']>;
export type RequestOf<A extends Action> = z.output<A['request']>;
export type ResponseOf<A extends Action> = z.output<A['response']>;
/** What a handler returns: the response before the schema's defaults and transforms. */
export type ResponseInput<A extends Action> = z.input<A['response']>;

export interface ActionDefinition<Request extends z.ZodType, Response extends z.ZodType, Errors extends ErrorSchemas> {
  /** Names the action on the wire (on AMQP an exchange): 1 to 127 letters, digits, `_`, `-`, `.` or `:`. */
  readonly name: string;
  readonly summary: string;
  readonly description?: string;
  readonly request: Request;
  readonly response: Response;
  readonly errors?: Errors;
  readonly to?: string | ((request: z.input<Request>) => string);
  readonly persistent?: boolean;
}

const legalName = /^(?!amq\.|samovar\.)[A-Za-z0-9_][A-Za-z0-9_.:-]{0,126}$/;
const legalErrorName = /^[A-Za-z][A-Za-z0-9_]{0,126}$/;

/**
 * Declares an action.
 * @throws TypeError if the name is not one that every broker takes (`amq.` and `samovar.` are reserved), or a schema is none.
 */
export function defineAction<
  Request extends z.ZodType,
  Response extends z.ZodType,
  // eslint-disable-next-line @typescript-eslint/no-empty-object-type -- an action without declared errors has none
  const Errors extends ErrorSchemas = {},
>(definition: ActionDefinition<Request, Response, Errors>): Action<Request, Response, Errors> {
  const { name, request, response, errors } = definition;
  if (typeof name !== 'string' || !legalName.test(name)) {
    throw new TypeError(
      `expected an action name of 1 to 127 letters, digits, "_", "-", "." or ":", not starting with "amq." or "samovar.", got ${JSON.stringify(name)}`,
    );
  }
  if (!(request instanceof z.ZodType)) throw new TypeError(`expected "request" of action ${name} to be a zod schema`);
  checkJson(response, `"response" of action ${name}`);
  for (const [error, schema] of Object.entries(errors ?? {})) {
    if (!legalErrorName.test(error)) {
      throw new TypeError(
        `expected the error names of action ${name} to be letters, digits or "_", got ${JSON.stringify(error)}`,
      );
    }
    checkJson(schema, `the data of error ${error} of action ${name}`);
  }
  return Object.freeze({ ...definition, errors: Object.freeze({ ...errors }) as Errors });
}

/** What a worker answers is parsed on both sides: it must be JSON, and its schema must accept what it made of it. */
function checkJson(schema: z.ZodType, what: string): void {
  if (!(schema instanceof z.ZodType)) throw new TypeError(`expected ${what} to be a zod schema`);
  try {
    z.toJSONSchema(schema, { io: 'output' });
  } catch (cause) {
    throw new TypeError(`expected ${what} to be JSON, without transforms (say z.null() for nothing)`, { cause });
  }
}

/** The errors an action declares, as a caller meets them: `{ name: 'out_of_beans', data: { leftGrams: 3 } }`. */
export type DeclaredErrorOf<A extends Action> = {
  [Name in keyof A['errors'] & string]: { readonly name: Name; readonly data: z.output<A['errors'][Name]> };
}[keyof A['errors'] & string];
