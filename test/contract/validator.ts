import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import type { JsonSchema } from '../../src/contract/json-schema.js';

/** Keywords of our own say nothing about validity, and formats are what their patterns say. */
export function validatorOf(schema: JsonSchema): ValidateFunction {
  return new Ajv2020({ strict: false, validateFormats: false, allErrors: true }).compile(schema);
}
