/** An archive that is not whole, or not a tar archive that can be judged. */
export class DamagedArchive extends Error {
  override readonly name = 'DamagedArchive';
}

/** Something in an archive that may not be restored. */
export class RefusedEntry extends Error {
  override readonly name = 'RefusedEntry';
  readonly entry: string;
  readonly reason: string;

  constructor(entry: string, reason: string) {
    super(`${JSON.stringify(entry)} ${reason}`);
    this.entry = entry;
    this.reason = reason;
  }
}
