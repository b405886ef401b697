/**
 * The shortest plan found that still fails, by leaving out ever smaller parts of it. `fails` must give the same answer
 * to the same plan, as a simulation with one seed does.
 */
export async function shortest<Entry>(
  plan: readonly Entry[],
  fails: (plan: readonly Entry[]) => Promise<boolean>,
): Promise<readonly Entry[]> {
  let current = plan;
  for (let size = Math.ceil(current.length / 2); size >= 1;) {
    const shorter = await withoutPart(current, size, fails);
    if (shorter) current = shorter;
    else if (size === 1) break;
    size = shorter ? Math.min(size, Math.ceil(current.length / 2)) : Math.ceil(size / 2);
  }
  return current;
}

async function withoutPart<Entry>(
  plan: readonly Entry[],
  size: number,
  fails: (plan: readonly Entry[]) => Promise<boolean>,
): Promise<readonly Entry[] | undefined> {
  // From the end: what comes last depends on the rest, and seldom the other way round.
  for (let from = Math.max(0, plan.length - size); ; from = Math.max(0, from - size)) {
    const rest = [...plan.slice(0, from), ...plan.slice(from + size)];
    if (rest.length < plan.length && (await fails(rest))) return rest;
    if (from === 0) return undefined;
  }
}
