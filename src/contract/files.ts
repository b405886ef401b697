import { stringify } from 'yaml';
import { asyncApiDocument } from './asyncapi.js';
import type { ActionContract, Contract, PartContract } from './contract.js';
import { actionPage } from './docs-site/action-page.js';
import { errorsPage } from './docs-site/errors-page.js';
import { indexPage } from './docs-site/index-page.js';
import { fileOf, linkTo } from './docs-site/page.js';
import { wireSchema } from './wire-schema.js';

export interface ContractFile {
  /** Relative, with slashes. */
  readonly path: string;
  readonly text: string;
}

/** All that is built from a contract, sorted by path: the site, the AsyncAPI document and the JSON Schemas. */
export function contractFiles(contract: Contract): ContractFile[] {
  const { actions } = contract;
  const files = [
    { path: 'index.html', text: indexPage(contract) },
    { path: 'errors.html', text: errorsPage(contract) },
    // Lines as they are: where a tool breaks them may differ from one version to the next.
    {
      path: 'asyncapi.yaml',
      text: stringify(asyncApiDocument(contract), { lineWidth: 0, aliasDuplicateObjects: false }),
    },
    ...actions.map((action) => ({ path: linkTo(action.name), text: actionPage(contract, action) })),
    ...actions.flatMap(schemaFiles),
  ];
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** What travels: a caller in another language may check its messages with them as they are. */
function schemaFiles({ name, request, response, errors }: ActionContract): ContractFile[] {
  const folder = `schemas/${fileOf(name)}`;
  const file = (part: string, title: string, { schema }: PartContract): ContractFile => {
    const { title: given = title, ...wire } = wireSchema(schema);
    const $schema = 'https://json-schema.org/draft/2020-12/schema';
    const written = { $schema, $id: `urn:samovar:${name}/${part}`, title: given, ...wire };
    return { path: `${folder}/${part}.json`, text: `${JSON.stringify(written, undefined, 2)}\n` };
  };
  return [
    file('request', `Request of ${name}`, request),
    file('response', `Response of ${name}`, response),
    ...errors.map((error) => file(`errors/${error.name}`, `Data of error ${error.name} of ${name}`, error)),
  ];
}
