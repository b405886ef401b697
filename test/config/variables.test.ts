import { fc, test } from '@fast-check/vitest';
import { expect, it } from 'vitest';
import { expandVariables } from '../../src/config/variables.js';
import { loadedHost, loadedOptions, problemsOf } from './loaded.js';

const env = { NAME: 'value', EMPTY: '', NESTED: '${NAME}', PORT: '7' };

it.each([
  ['${NAME}', 'value'],
  ['a${NAME}b${NAME}', 'avaluebvalue'],
  ['${NAME:-other}', 'value'],
  ['${NONE:-other}', 'other'],
  ['${NONE:-}', ''],
  ['${EMPTY}', ''],
  ['${EMPTY:-other}', 'other'],
  ['$${NAME}', '${NAME}'],
  ['$NAME $5 $', '$NAME $5 $'],
  ['${NESTED}', '${NAME}'],
])('%s becomes %s', (text, expected) => {
  expect(expandVariables(text, env)).toEqual({ text: expected });
});

it.each(['${NONE}', '${', '${}', '${1}', '${NAME', '${NAME-x}', '${NA ME}'])('%s is refused', (text) => {
  expect(expandVariables(text, env)).toMatchObject({ expected: expect.any(String) as string });
});

test.prop([fc.string({ unit: fc.constantFrom('$', '{', '}', ':', '-', 'A', 'é') })])(
  'any text can be written, with $${ for each ${',
  (text) => {
    expect(
      expandVariables(
        text.replaceAll('${', () => '$${'),
        {},
      ),
    ).toEqual({ text });
  },
);

test.prop([fc.string(), fc.string().filter((text) => !/[$]/.test(text))])(
  'what a variable says is taken as it is',
  (value, around) => {
    expect(expandVariables(`${around}\${X}${around}`, { X: value })).toEqual({ text: `${around}${value}${around}` });
  },
);

it('a variable stands for a number, for true or false, and for one of several words', async () => {
  const text = `
server: {port: '\${PORT}', ssl: '\${SSL:-yes}', queue_type: '\${TYPE:-quorum}'}
virtual_hosts: {trees: }
`;
  const options = await loadedOptions(text, { env });
  expect(options).toMatchObject({ url: 'amqps://localhost:7/trees', queueType: 'quorum' });
});

it('variables are replaced in the settings of handlers, too', async () => {
  const text = 'handlers: [{use: a, settings: {root: "${NAME}/x"}}]\nvirtual_hosts: {trees: }';
  expect((await loadedHost(text, { env })).handlers).toMatchObject([{ settings: { root: 'value/x' } }]);
});

it('what a variable says is not shown where it is wrong', async () => {
  const text = 'virtual_hosts: {trees: {port: "${PORT}"}}';
  expect(await problemsOf(text, { env: { PORT: 's3cret' } })).toEqual([
    '1:31: virtual_hosts.trees.port: expected a whole number from 1 to 65535, got "${PORT}"; look at what the environment puts there',
  ]);
});
