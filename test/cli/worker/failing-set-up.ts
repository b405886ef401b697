/** A set-up that fails. */
export default function setUp(): never {
  throw new Error('the cellar is flooded');
}
