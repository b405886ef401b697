import { fieldsOf, type Field } from '../fields.js';
import type { JsonSchema } from '../json-schema.js';
import { constraintsOf, typeOf } from './describe-field.js';
import { html, type Content, type Html } from './html.js';

/** The fields of a value, a row each. With the roles spelled out: on a narrow screen the table is shown as a list. */
export function fieldTable(schema: JsonSchema, caption: string): Html {
  const fields = fieldsOf(schema).filter(({ path, schema: own }) => path !== '' || !isPlainObject(own));
  if (schema.type === 'null') return html`<p class="none">No data: <code>null</code></p>`;
  if (fields.length === 0) return html`<p class="none">No fields: <code>{}</code></p>`;
  const rows = fields.map((field) => ({ field, cells: cellsOf(field, schema) }));
  const used = columns.filter((column, index) => index < 2 || rows.some(({ cells }) => cells.get(column)));
  return html`<table class="fields" role="table">
    <caption class="unseen">
      ${caption}
    </caption>
    <thead role="rowgroup">
      <tr role="row">
        <th role="columnheader" scope="col">Field</th>
        ${used.map((column) => html`<th role="columnheader" scope="col">${column}</th>`)}
      </tr>
    </thead>
    <tbody role="rowgroup">
      ${rows.map(({ field, cells }) => row(field, cells, used))}
    </tbody>
  </table>`;
}

const columns = ['Type', 'Required', 'Constraints', 'Default', 'Description'] as const;
type Cells = ReadonlyMap<(typeof columns)[number], Content>;

/** An empty cell is left out. */
function cellsOf({ schema, presence, variant }: Field, root: JsonSchema): Cells {
  const constraints = constraintsOf(schema, root);
  const { default: value, description } = schema;
  const condition = variant !== undefined && html`<span class="variant">if ${variant}</span> `;
  return new Map<(typeof columns)[number], Content>([
    ['Type', html`<span class="type">${typeOf(schema, root)}</span>`],
    ['Required', presence === 'required' ? html`<span class="required">yes</span>` : presence === 'optional' && 'no'],
    ['Constraints', constraints.length > 0 && constraints.map((phrase, index) => [index > 0 && '; ', phrase])],
    ['Default', value !== undefined && html`<code>${JSON.stringify(value)}</code>`],
    ['Description', (condition || description !== undefined) && [condition, description]],
  ]);
}

function row({ path }: Field, cells: Cells, used: readonly (typeof columns)[number][]): Html {
  return html`<tr role="row">
    <th role="rowheader" scope="row"><code>${path === '' ? 'the value' : broken(path)}</code></th>
    ${used.map((column) => {
      const content = cells.get(column);
      if (!content) return html`<td role="cell" class="empty"></td>`;
      return html`<td role="cell" data-label="${column}"><div>${content}</div></td>`;
    })}
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
