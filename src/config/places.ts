import { isAlias, isMap, isScalar, isSeq, type Document, type LineCounter, type Node } from 'yaml';

export type Path = readonly PropertyKey[];

/** Where in a file something stands: as an offset, and as one writes it. */
export interface Places {
  /** Of the value at `path`, or of what is nearest to it. */
  ofValue(path: Path): number;
  /** Of its key. */
  ofKey(path: Path): number;
  /** `file:line:column`. */
  text(offset: number): string;
}

export function placesIn(file: string, document: Document, lines: LineCounter): Places {
  function find(path: Path): { readonly key: Node | undefined; readonly value: Node | undefined } {
    let found: { key: Node | undefined; value: Node | undefined } = {
      key: undefined,
      value: nodeOf(document.contents),
    };
    for (const part of path) {
      const next = childOf(document, found.value, part);
      if (!next) return found;
      found = next;
    }
    return found;
  }

  return {
    ofValue(path) {
      const { key, value } = find(path);
      // An empty value has a place, but none that anybody would look at.
      const isEmpty = isScalar(value) && value.value === null && value.source !== 'null' && value.source !== '~';
      return offsetOf(isEmpty ? (key ?? value) : value);
    },
    ofKey(path) {
      const { key, value } = find(path);
      return offsetOf(key ?? value);
    },
    text(offset) {
      const { line, col } = lines.linePos(offset);
      return `${file}:${Math.max(line, 1)}:${Math.max(col, 1)}`;
    },
  };
}

/** `path` as one reads it: `virtual_hosts.trees.also[0]`. */
export function pathText(path: Path): string {
  return path
    .map((part, index) => {
      if (typeof part === 'number') return `[${part}]`;
      const name = String(part);
      if (!/^[\w-]+$/.test(name)) return `[${JSON.stringify(name)}]`;
      return index === 0 ? name : `.${name}`;
    })
    .join('');
}

interface Child {
  readonly key: Node | undefined;
  readonly value: Node | undefined;
}

function childOf(document: Document, parent: Node | undefined, part: PropertyKey): Child | undefined {
  const node = isAlias(parent) ? parent.resolve(document) : parent;
  if (isSeq(node) && typeof part === 'number') {
    return part < node.items.length ? { key: undefined, value: nodeOf(node.items[part]) } : undefined;
  }
  if (!isMap(node)) return undefined;
  const named = (name: string) => node.items.filter(({ key }) => isScalar(key) && String(key.value) === name);
  const own = named(String(part))[0];
  if (own) return { key: nodeOf(own.key), value: nodeOf(own.value) };
  for (const { value } of named('<<')) {
    const merged = nodeOf(value);
    const target = isAlias(merged) ? merged.resolve(document) : merged;
    for (const source of isSeq(target) ? target.items.map(nodeOf) : [target]) {
      const child = childOf(document, source, part);
      if (child) return child;
    }
  }
  return undefined;
}

function offsetOf(node: Node | undefined): number {
  return node?.range?.[0] ?? 0;
}

function nodeOf(value: unknown): Node | undefined {
  return value === null || value === undefined ? undefined : (value as Node);
}
