import { acrossCopies } from '../core/copies.js';

const shown = '[secret]';

/**
 * A value that nothing prints: as text, as JSON, on the console and in logs it is `[secret]`. Only `reveal()` gives it.
 */
export class Secret<T> {
  readonly #value: T;

  constructor(value: T) {
    this.#value = value;
  }

  /** The value itself: for what needs it, and for nothing that is logged, stored or thrown. */
  reveal(): T {
    return this.#value;
  }

  toString(): string {
    return shown;
  }

  toJSON(): string {
    return shown;
  }

  /** What Node prints of it. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return shown;
  }

  static {
    acrossCopies(this, 'Secret');
  }
}
