/**
 * Lets `instanceof` take what any copy of this package in the process has made for its own: a handler package may bring
 * a copy along, and its declared errors must stay declared errors.
 */
export function acrossCopies(type: { readonly prototype: object }, name: string): void {
  const brand = Symbol.for(`samovar.${name}`);
  Object.defineProperty(type.prototype, brand, { value: true });
  Object.defineProperty(type, Symbol.hasInstance, {
    value(this: unknown, value: unknown): boolean {
      // Who extends it inherits this, and means its own kind.
      if (this !== type) return Function.prototype[Symbol.hasInstance].call(this as () => void, value);
      return typeof value === 'object' && value !== null && brand in value;
    },
  });
}
