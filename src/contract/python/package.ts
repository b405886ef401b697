import { fingerprintOf } from '../../core/contract-fingerprint.js';
import type { Contract } from '../contract.js';
import type { ContractFile } from '../files.js';
import { createNames } from '../names.js';
import { pythonClient } from './client-source.js';
import { createModelWriter, pascal } from './models.js';
import { docstring, pythonName } from './words.js';

/** A Python package: models, actions, and a caller that uses Pika. Sorted by path. */
export function pythonPackage({ title, version, actions }: Contract): ContractFile[] {
  const about = `${title} ${version}`.replaceAll(/\s+/g, ' ');
  const classNames = createNames([...typeNames, 'BaseModel', 'Model', 'OpenModel', 'VERSION', 'PYDANTIC_2']);
  const writer = createModelWriter(classNames);
  const constants = createNames(['Action', 'models']);
  const bases = createNames([]);
  const aliases: string[] = [];

  const parts = actions.map(({ name, summary, description, address, persistent, request, response, errors }) => {
    const fingerprint = fingerprintOf({
      request: request.schema,
      response: response.schema,
      errors: Object.fromEntries(errors.map((error) => [error.name, error.schema])),
    });
    const base = bases.take(classNameOf(name));
    const named = (suffix: string, schema: typeof request.schema, words: string): string => {
      const wanted = `${base}${suffix}`;
      const type = writer.typeOf(schema, wanted, words);
      if (/^\w+$/.test(type) && !typeNames.includes(type) && type !== 'None') return `models.${type}`;
      const alias = classNames.take(wanted);
      aliases.push(`${alias} = ${type}\n${docstring(words, '')}`);
      return `models.${alias}`;
    };
    const fields = [
      `name=${JSON.stringify(name)}`,
      `request=${named('Request', request.schema, `What ${name} takes.`)}`,
      `response=${named('Response', response.schema, `What ${name} answers.`)}`,
      ...(errors.length === 0
        ? []
        : [
            `errors={\n${errors
              .map((error) => {
                const type = named(
                  `Error${pascal(error.name)}`,
                  error.schema,
                  `The data of error ${error.name} of ${name}.`,
                );
                return `        ${JSON.stringify(error.name)}: ${type},\n`;
              })
              .join('')}    }`,
          ]),
      ...(address === undefined ? [] : [`to=${JSON.stringify(address)}`]),
      ...(persistent ? ['persistent=True'] : []),
      `contract=${JSON.stringify(fingerprint)}`,
      ...(request.secrets.length > 0 ? ['takes_secrets=True'] : []),
      ...([response, ...errors].some(({ secrets }) => secrets.length > 0) ? ['answers_secrets=True'] : []),
    ];
    const words = description === undefined ? summary : `${summary}\n\n${description}`;
    const list = fields.map((field) => `    ${field},\n`).join('');
    return `${constants.take(pythonName(name))}: Action = Action(\n${list})\n${docstring(words, '')}`;
  });

  const head = (words: string) =>
    `${docstring(`${words} of ${about}.\n\nWritten by "samovar contract generate python": write it again instead of changing it.`, '')}\n`;
  return [
    {
      path: '__init__.py',
      text: `${head('Caller')}from . import actions, models\nfrom .client import Action, Client, RpcError\n\n__all__ = ["Action", "Client", "RpcError", "actions", "models"]\n`,
    },
    {
      path: 'actions.py',
      text: `${head('The actions')}from . import models\nfrom .client import Action\n\n${parts.join('\n')}`,
    },
    { path: 'client.py', text: pythonClient },
    {
      path: 'models.py',
      text: `${head('The models')}${modelsHead}\n\n${[writer.text, aliases.join('\n')].filter((text) => text !== '').join('\n\n')}`,
    },
    { path: 'py.typed', text: '' },
  ];
}

const typeNames: readonly string[] = [
  ...[
    'Any',
    'Dict',
    'Field',
    'List',
    'Literal',
    'Optional',
    'SecretStr',
    'StrictBool',
    'StrictInt',
    'StrictStr',
    'Tuple',
  ],
  ...['Union', 'confloat', 'conint', 'conlist', 'constr', 'complete', 'float', 'list_of', 'str'],
];

function classNameOf(name: string): string {
  const plain = pascal(name);
  return plain === '' || /^\d/.test(plain) ? `Action${plain}` : plain;
}

const modelsHead = `from typing import Any, Dict, List, Literal, Optional, Tuple, Union

from pydantic import (
    VERSION,
    BaseModel,
    Field,
    SecretStr,
    StrictBool,
    StrictInt,
    StrictStr,
    confloat,
    conint,
    conlist,
    constr,
)

PYDANTIC_2 = not VERSION.startswith("1.")


class Model(BaseModel):
    """What all models have in common: fields may be given by their names here or by those on the wire."""

    if PYDANTIC_2:
        model_config = {"populate_by_name": True, "protected_namespaces": (), "validate_assignment": True}
    else:

        class Config:
            allow_population_by_field_name = True
            validate_assignment = True


class OpenModel(Model):
    """A model that keeps fields that it does not know."""

    if PYDANTIC_2:
        model_config = {"extra": "allow"}
    else:

        class Config:
            extra = "allow"


def list_of(item: Any, least: Optional[int] = None, most: Optional[int] = None) -> Any:
    """A list with limits, as either version of pydantic spells them."""
    if PYDANTIC_2:
        return conlist(item, min_length=least, max_length=most)
    return conlist(item, min_items=least, max_items=most)


def complete(model: Any) -> None:
    """Lets a model know itself, which its fields refer to."""
    if PYDANTIC_2:
        model.model_rebuild()
    else:
        model.update_forward_refs()
`;
