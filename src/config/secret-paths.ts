import type { Path } from './places.js';

const secretKeys: ReadonlySet<PropertyKey> = new Set(['password', 'url', 'fernet_key', 'fernet_keys']);
const fileKeys: ReadonlySet<PropertyKey> = new Set(['ca', 'cert', 'key']);

/** Whether nobody may be shown what stands there. */
export function isSecret(path: Path): boolean {
  const [key, inner] = withinConnection(path);
  return key !== undefined && (secretKeys.has(key) || (key === 'tls' && inner === 'passphrase'));
}

/** Whether it is the path of a file whose content is meant. */
export function isPathOfFile(path: Path): boolean {
  const [key, inner] = withinConnection(path);
  return key === 'tls' && inner !== undefined && fileKeys.has(inner);
}

function withinConnection(path: Path): Path {
  if (path[0] === 'server') return path.slice(1);
  return path[0] === 'virtual_hosts' ? path.slice(2) : [];
}
