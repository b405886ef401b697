import type { ActionContract, Contract, PartContract } from '../contract.js';
import { identifierOf } from '../identifiers.js';
import type { JsonSchema } from '../json-schema.js';
import { createNames, type Names } from '../names.js';
import { keyOf, literalCode } from './literals.js';
import { call, comment, print, type Code } from './print.js';
import { typeCode } from './type-code.js';
import { createZodCode, docOf } from './zod-code.js';

/** The first words of each file that is written here. */
export const generatedMark = '// Written by "samovar contract generate typescript"';

const importableTypes: readonly string[] = ['DeclaredErrorOf', 'RequestInput', 'ResponseOf', 'Secret'];

/** One module: the actions, with schemas that accept what the worker accepts, and the types of what they carry. */
export function typescriptModule({ title, version, actions }: Contract): string {
  const constants = createNames(['z', 'secret', 'defineAction', ...importableTypes]);
  const types = createNames([...importableTypes, 'Record']);
  const parts = actions.map((action) => actionCode(action, constants, types));
  const body = parts.map(({ text }) => text).join('');
  const imported = ['defineAction', ...(/\bsecret\(/.test(body) ? ['secret'] : [])];
  const importedTypes = importableTypes
    .filter((name) => new RegExp(`\\b${name}<`).test(body))
    .map((name) => `type ${name}`);
  const about = `${title} ${version}`.replaceAll(/\s+/g, ' ');
  return `${generatedMark} from ${about}. Change the actions there, and write it again.

import { ${[...imported, ...importedTypes].join(', ')} } from 'samovar';
import { z } from 'zod';
${body}`;
}

function actionCode(action: ActionContract, constants: Names, types: Names): { readonly text: string } {
  const { name, summary, description, address, persistent, request, response, errors } = action;
  const id = constants.take(identifierOf(name));
  const typeName = types.take(`${id.charAt(0).toUpperCase()}${id.slice(1)}`);
  const definitions: string[] = [];
  const part = (what: string, { schema }: PartContract): Code => {
    const defined = definitionsOf(schema, `${id}${what}`, constants, types);
    definitions.push(...defined.text);
    return defined.code;
  };
  const field = (key: string, value: Code, doc: readonly string[] = []) => ({ key, value, doc });
  const fields = [
    field('name', literalCode(name)),
    field('summary', literalCode(summary)),
    ...(description === undefined ? [] : [field('description', literalCode(description))]),
    ...(address === undefined ? [] : [field('to', literalCode(address))]),
    ...(persistent ? [field('persistent', 'true')] : []),
    field('request', part('Request', request), docOf(request.schema)),
    field('response', part('Response', response), docOf(response.schema)),
  ];
  const failures = errors.map((error) =>
    field(keyOf(error.name), part(`Error${upper(error.name)}`, error), docOf(error.schema)),
  );
  if (failures.length > 0) fields.push(field('errors', { kind: 'object', fields: failures, isExpanded: true }));
  const definition = call('defineAction', { kind: 'object', fields, isExpanded: true });
  const doc = [summary, ...(description === undefined ? [] : ['', description])];
  const alias = (suffix: string, about: string, type: string) =>
    `\n${comment([about], '')}${assigned(`export type ${types.take(`${typeName}${suffix}`)} =`, `${type}<typeof ${id}>`)}`;
  return {
    text: [
      ...definitions,
      `\n${comment(doc, '')}${assigned(`export const ${id} =`, definition)}`,
      alias('Request', `What ${name} takes.`, 'RequestInput'),
      alias('Response', `What ${name} answers.`, 'ResponseOf'),
      ...(errors.length > 0 ? [alias('Error', `The errors that ${name} declares.`, 'DeclaredErrorOf')] : []),
    ].join(''),
  };
}

/** The schema of a part, and what stands before it: the schemas that it refers to. */
function definitionsOf(schema: JsonSchema, prefix: string, constants: Names, types: Names) {
  const { $defs = {}, ...root } = schema;
  const isReferred = JSON.stringify(schema).includes('"$ref":"#"');
  const referred = [
    ...Object.entries($defs).map(([name, definition]) => [`#/$defs/${name}`, definition] as const),
    ...(isReferred ? [['#', root] as const] : []),
  ];
  const named = new Map<string, { readonly name: string; readonly output: string; readonly input: string }>(
    referred.map(([reference]) => {
      const own = identifierOf(reference.replace('#/$defs/', '').replace(/^__/, ''));
      const name = constants.take(`${prefix}${reference === '#' ? 'Schema' : upper(own)}`);
      return [reference, { name, output: types.take(upper(name)), input: types.take(`${upper(name)}Input`) }] as const;
    }),
  );
  const of = (reference: string) => {
    const found = named.get(reference.replaceAll('~1', '/').replaceAll('~0', '~'));
    if (!found) throw new TypeError(`expected ${reference} to be among the definitions of ${prefix}`);
    return found;
  };
  const zodCode = createZodCode((reference) => of(reference).name);
  const text = referred.map(([reference, definition]) => {
    const { name, input, output } = of(reference);
    const type = (id: string, side: 'input' | 'output') => {
      const written = typeCode(definition, { side, nameOf: (inner) => of(inner)[side] });
      const line = `export type ${id} = ${written};\n`;
      // How a union is broken best depends on what is around it.
      const isPlain = !/\| \{|\} \|/.test(written) && line.split('\n').every(({ length }) => length <= 120);
      return `\n${comment(docOf(definition), '')}${isPlain ? '' : '// prettier-ignore\n'}${line}`;
    };
    const start = `const ${name}: z.ZodType<${output}, ${input}> = z.lazy(() => {\n`;
    const head =
      start.length <= 121 ? start : `const ${name}: z.ZodType<\n  ${output},\n  ${input}\n> = z.lazy(() => {\n`;
    const lazy = `${head}  return ${print(zodCode(definition), '  ', 9, 1)};\n});\n`;
    return `${type(output, 'output')}${type(input, 'input')}\n${lazy}`;
  });
  return { text, code: isReferred ? of('#').name : zodCode(root) };
}

/** A statement that gives something its value, on a line of its own where it has no room behind its name. */
function assigned(head: string, value: Code): string {
  const behind = print(value, '', head.length + 1, 1);
  const [line = ''] = behind.split('\n');
  const end = line === behind ? 1 : 0;
  if (head.length + 1 + line.length + end <= 120) return `${head} ${behind};\n`;
  return `${head}\n  ${print(value, '  ', 2, 1)};\n`;
}

function upper(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
