import type { z } from 'zod';

export type Schema = z.core.$ZodType;

/** Also of fields that another copy of this package has made. */
export const secretTrait = 'SamovarSecret';

export function isSecretField(schema: Schema): boolean {
  return schema._zod.traits.has(secretTrait);
}

/** As much of what a schema is made of as is looked at here. */
export interface SchemaDef {
  readonly type: string;
  readonly shape?: Readonly<Record<string, Schema>>;
  readonly catchall?: Schema;
  readonly element?: Schema;
  readonly items?: readonly Schema[];
  readonly rest?: Schema | null;
  readonly keyType?: Schema;
  readonly valueType?: Schema;
  readonly options?: readonly Schema[];
  readonly discriminator?: string;
  readonly left?: Schema;
  readonly right?: Schema;
  readonly innerType?: Schema;
  readonly in?: Schema;
  readonly out?: Schema;
}

export function defOf(schema: Schema): SchemaDef {
  return schema._zod.def;
}

/** What a `z.lazy` stands for: it is made once. */
export function behindLazy(schema: Schema): Schema | undefined {
  return defOf(schema).type === 'lazy' ? (schema as z.core.$ZodLazy)._zod.innerType : undefined;
}

/** A schema within another, and how a path goes on to it. */
export interface Part {
  readonly step: string;
  readonly schema: Schema;
  /** The name of the property, if it is one. */
  readonly name?: string;
}

/** The schemas right within a schema, whatever it is. */
export function partsOf(schema: Schema): Part[] {
  const def = defOf(schema);
  const within = [def.innerType, def.in, def.out, def.left, def.right, behindLazy(schema), ...(def.options ?? [])];
  const listed = [def.element, def.rest, ...(def.items ?? [])];
  const keyed = [def.catchall, def.valueType, def.keyType];
  return [
    ...Object.entries(def.shape ?? {}).map(([name, part]) => ({ step: `.${name}`, schema: part, name })),
    ...within.flatMap((part) => (part ? { step: '', schema: part } : [])),
    ...listed.flatMap((part) => (part ? { step: '[]', schema: part } : [])),
    ...keyed.flatMap((part) => (part ? { step: '.*', schema: part } : [])),
  ];
}

/** Visits a schema and all within it, under each of its names; `false` from `visit` leaves out what is within. */
export function walkSchema(
  schema: Schema,
  path: string,
  visit: (schema: Schema, path: string, name: string | undefined) => boolean,
): void {
  const seen = new Set<Schema>();
  const open: (Part & { readonly path: string })[] = [{ step: '', schema, path }];
  for (let next = open.shift(); next; next = open.shift()) {
    const { path: at } = next;
    if (!visit(next.schema, at, next.name) || seen.has(next.schema)) continue;
    seen.add(next.schema);
    for (const part of partsOf(next.schema)) open.push({ ...part, path: at + part.step });
  }
}

/** Where the secrets of a schema are. */
export function secretPaths(schema: Schema, path: string): string[] {
  const found: string[] = [];
  walkSchema(schema, path, (each, at) => {
    const isField = isSecretField(each);
    if (isField) found.push(at);
    return !isField;
  });
  return found;
}

export function holdsSecrets(schema: Schema): boolean {
  return secretPaths(schema, '').length > 0;
}
