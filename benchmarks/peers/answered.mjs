/** The answer to call `n`, or an error if it is that of another. */
export function answered(n, answer) {
  if (answer?.n === n) return answer;
  throw new Error(`expected the answer to call ${n}, got ${JSON.stringify(answer)}`);
}
