/** What a chain links through itself. */
export interface Chained<T> {
  previous: T | undefined;
  next: T | undefined;
}

/**
 * What comes and goes by the thousand, in the order it came. Not a Set, for the reason that IdTable of the core is not a
 * Map: of a Set that much passes through, V8 keeps what was in it until the next full collection.
 */
export class Chain<T extends Chained<T>> {
  #first: T | undefined;
  #last: T | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get first(): T | undefined {
    return this.#first;
  }

  /** Only for what is in no chain. */
  add(item: T): void {
    item.previous = this.#last;
    if (this.#last) this.#last.next = item;
    else this.#first = item;
    this.#last = item;
    this.#size++;
  }

  /** False if it is in the chain no more. */
  delete(item: T): boolean {
    const { previous, next } = item;
    if (!previous && this.#first !== item) return false;
    if (previous) previous.next = next;
    else this.#first = next;
    if (next) next.previous = previous;
    else this.#last = previous;
    // Or one that lives long would keep those that came after it.
    item.previous = item.next = undefined;
    this.#size--;
    return true;
  }

  *[Symbol.iterator](): Generator<T, void, undefined> {
    for (let item = this.#first; item; item = item.next) yield item;
  }
}
