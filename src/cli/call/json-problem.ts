/** Why JSON.parse refused a text, without the excerpt that Node adds: it may show a secret. */
export function jsonProblem(error: unknown): string {
  const [problem = ''] = (error as Error).message.split(/, (?:\.{3})?"/);
  return problem;
}
