import type { Path } from './places.js';

const secretKeys: ReadonlySet<PropertyKey> = new Set(['password', 'url', 'fernet_key', 'fernet_keys', 'idempotency']);
const fileKeys: ReadonlySet<PropertyKey> = new Set(['ca', 'cert', 'key']);

/** Whether nobody may be shown what stands there. */
export function isSecret(path: Path): boolean {
  const [key, inner] = withinMapping(path);
  return (
    key !== undefined &&
    (secretKeys.has(key) || (key === 'tls' && inner === 'passphrase') || (key === 'redis' && inner === 'url'))
  );
}

/** Whether it is the path of a file whose content is meant. */
export function isPathOfFile(path: Path): boolean {
  const [key, inner] = withinMapping(path);
  return key === 'tls' && inner !== undefined && fileKeys.has(inner);
}

function withinMapping(path: Path): Path {
  if (path[0] === 'server' || path[0] === 'sqs') return path.slice(1);
  if (path[0] === 'redis' || path[0] === 'idempotency') return path;
  return path[0] === 'virtual_hosts' ? path.slice(2) : [];
}
