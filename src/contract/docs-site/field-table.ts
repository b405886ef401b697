import { fieldsOf, type Field } from '../fields.js';
import type { JsonSchema } from '../json-schema.js';
import { constraintsOf, typeOf } from './describe-field.js';
import { html, type Content, type Html } from './html.js';

const headings = ['Field', 'Type', 'Required', 'Constraints', 'Default', 'Description'] as const;

/** The fields of a value, a row each. With the roles spelled out: on a narrow screen the table is shown as a list. */
export function fieldTable(schema: JsonSchema, caption: string): Html {
  const fields = fieldsOf(schema).filter(({ path, schema: own }) => path !== '' || !isPlainObject(own));
  if (fields.length === 0) return html`<p class="none">No fields: <code>{}</code></p>`;
  return html`<table class="fields" role="table">
    <caption class="unseen">
      ${caption}
    </caption>
    <thead role="rowgroup">
      <tr role="row">
        ${headings.map((heading) => html`<th role="columnheader" scope="col">${heading}</th>`)}
      </tr>
    </thead>
    <tbody role="rowgroup">
      ${fields.map((field) => row(field, schema))}
    </tbody>
  </table>`;
}

function row({ path, schema, presence, variant }: Field, root: JsonSchema): Html {
  const constraints = constraintsOf(schema, root);
  const cells: readonly Content[] = [
    html`<span class="type">${typeOf(schema, root)}</span>`,
    presence === 'required' ? html`<span class="required">yes</span>` : presence === 'optional' && 'no',
    constraints.map((phrase, index) => [index > 0 && '; ', phrase]),
    schema.default !== undefined && html`<code>${JSON.stringify(schema.default)}</code>`,
    [variant !== undefined && html`<span class="variant">if ${variant}</span> `, schema.description],
  ];
  const empty = [false, false, constraints.length === 0, schema.default === undefined, false];
  empty[1] = presence === 'element';
  empty[4] = variant === undefined && schema.description === undefined;
  return html`<tr role="row">
    <th role="rowheader" scope="row"><code>${path === '' ? 'the value' : broken(path)}</code></th>
    ${cells.map((cell, index) =>
      empty[index]
        ? html`<td role="cell" class="empty"></td>`
        : html`<td role="cell" data-label="${headings[index + 1]}">${cell}</td>`,
    )}
  </tr>`;
}

/** A long path may break before each of its parts. */
function broken(path: string): Content {
  return path.split(/(?=[.[])/).map((part, index) => [index > 0 && html`<wbr />`, part]);
}

function isPlainObject({ type, properties, additionalProperties, ...others }: JsonSchema): boolean {
  const isUnion = others.anyOf ?? others.oneOf ?? others.allOf ?? others.$ref;
  return type === 'object' && properties !== undefined && typeof additionalProperties !== 'object' && !isUnion;
}
