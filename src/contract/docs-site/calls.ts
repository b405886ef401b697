import type { ActionContract } from '../contract.js';
import { identifierOf } from '../identifiers.js';
import { replaceSecrets } from '../secret-values.js';
import { Expression, literal } from './literal.js';

const url = 'amqp://guest:guest@localhost';
/** What a client waits for a reply if nothing else is said. */
const defaultTimeoutMs = 30_000;

const addressOf = ({ address = 'node-1' }: ActionContract): string => address;
const exampleOf = ({ request }: ActionContract): unknown => request.example ?? {};

/** Whether its callers need a key. */
function encrypts({ request, response, errors }: ActionContract): boolean {
  return [request, response, ...errors].some(({ secrets }) => secrets.length > 0);
}

/** As long as a run may take, where that is longer than one waits by default. */
function timeoutOf({ handling }: ActionContract): number {
  const timeoutMs = handling?.timeoutMs ?? 0;
  return timeoutMs > 60_000 ? timeoutMs : defaultTimeoutMs;
}

export function typescriptCall(action: ActionContract): string {
  const { name, errors, response } = action;
  const id = identifierOf(name);
  const timeoutMs = timeoutOf(action);
  const options = literal(
    { to: addressOf(action), ...(timeoutMs > defaultTimeoutMs && { timeoutMs: new Expression(grouped(timeoutMs)) }) },
    'typescript',
  );
  const call = `await client.call(${id}, ${literal(exampleOf(action), 'typescript', '  ')}, ${options});`;
  const isSilent = response.schema.type === 'null';
  return lines(
    `import { createClient${errors.length > 0 ? ', declaredErrorOf' : ''} } from 'samovar';`,
    `import { createAmqpTransport } from 'samovar/amqp';`,
    `// Written by: samovar contract generate typescript`,
    `import { ${id} } from './contract.js';`,
    '',
    `const transport = createAmqpTransport({ url: '${url}' });`,
    encrypts(action)
      ? "const client = createClient({ transport, fernetKeys: [process.env['FERNET_KEY'] ?? ''] });"
      : 'const client = createClient({ transport });',
    'try {',
    ...(isSilent ? [`  ${call}`] : [`  const reply = ${call}`, '  console.log(reply);']),
    ...(errors.length > 0
      ? [
          '} catch (error) {',
          `  const declared = declaredErrorOf(${id}, error);`,
          '  if (!declared) throw error;',
          '  console.error(declared.name, declared.data);',
        ]
      : []),
    '} finally {',
    '  await client.close();',
    '  await transport.close();',
    '}',
  );
}

export function pythonCall(action: ActionContract): string {
  const { name, request, response, errors } = action;
  const isSecret = request.secrets.length > 0;
  const decrypts = [response, ...errors].some(({ secrets }) => secrets.length > 0);
  const seconds = Math.ceil(timeoutOf(action) / 1_000);
  const body = replaceSecrets(
    request.schema,
    exampleOf(action),
    (secret) => new Expression(`encrypted(${literal(secret, 'python')})`),
  );
  return lines(
    'import json',
    ...(encrypts(action) ? ['import os'] : []),
    'import uuid',
    '',
    'import pika',
    ...(encrypts(action) ? ['from cryptography.fernet import Fernet'] : []),
    ...(encrypts(action) ? ['', 'fernet = Fernet(os.environ["FERNET_KEY"])', ''] : []),
    ...(isSecret
      ? [
          '',
          'def encrypted(value):',
          '    text = value if isinstance(value, str) else json.dumps(value)',
          '    return fernet.encrypt(text.encode()).decode()',
          '',
        ]
      : []),
    '',
    `connection = pika.BlockingConnection(pika.URLParameters("${url}/%2F"))`,
    'channel = connection.channel()',
    'inbox = channel.queue_declare(queue="", exclusive=True).method.queue',
    'channel.basic_publish(',
    `    exchange=${JSON.stringify(name)},`,
    `    routing_key=${JSON.stringify(addressOf(action))},`,
    '    properties=pika.BasicProperties(',
    '        content_type="application/json",',
    '        reply_to=inbox,',
    '        correlation_id=str(uuid.uuid4()),',
    `        expiration="${seconds * 1_000}",`,
    ...(decrypts ? ['        headers={"samovar-secrets": "1"},'] : []),
    '    ),',
    `    body=json.dumps(${literal(body, 'python', '    ')}),`,
    ')',
    `for method, properties, reply in channel.consume(inbox, auto_ack=True, inactivity_timeout=${seconds}):`,
    '    if method is None:',
    `        raise TimeoutError("no reply within ${seconds} seconds")`,
    '    answer = json.loads(reply)',
    '    if not answer["success"]:',
    '        raise RuntimeError(answer["error"])',
    `    print(answer["data"])${decrypts ? '  # fernet.decrypt() reads what is encrypted' : ''}`,
    '    break',
    'connection.close()',
  );
}

export function shellCall(action: ActionContract): string {
  const timeoutMs = timeoutOf(action);
  const parts = [
    `samovar call ${action.name}`,
    `--to ${shellWord(addressOf(action))}`,
    ...(timeoutMs > defaultTimeoutMs ? [`--timeout ${Math.ceil(timeoutMs / 1_000)}s`] : []),
    `--body ${shellWord(JSON.stringify(exampleOf(action)))}`,
    `--url ${url}`,
    ...(encrypts(action) ? ['--keys-file fernet.key'] : []),
  ];
  return `${parts.join(' \\\n  ')}\n`;
}

function shellWord(text: string): string {
  return /^[\w.:/@-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

function grouped(value: number): string {
  return String(value).replaceAll(/\B(?=(\d{3})+$)/g, '_');
}

function lines(...all: readonly string[]): string {
  return `${all.join('\n')}\n`;
}
