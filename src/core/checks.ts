/** @throws TypeError unless `value` is undefined or a finite number above 0. */
export function checkPositive(value: number | undefined, what: string): void {
  if (value !== undefined && !(Number.isFinite(value) && value > 0)) {
    throw new TypeError(`expected ${what} to be a number above 0, got ${value}`);
  }
}

/** @throws TypeError unless `value` is undefined or an integer of at least `least`. */
export function checkInteger(value: number | undefined, what: string, least = 1): void {
  if (value !== undefined && !(Number.isSafeInteger(value) && value >= least)) {
    throw new TypeError(`expected ${what} to be an integer of at least ${least}, got ${value}`);
  }
}
