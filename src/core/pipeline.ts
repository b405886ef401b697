/** One step of the way, and the next one. */
export type Step<In, Out> = (input: In) => Promise<Out>;

/** Wraps a step. Composed once at start-up, never per message. */
export type Layer<In, Out> = (next: Step<In, Out>) => Step<In, Out>;

/** The first layer is the outermost; `last` is the innermost step. */
export function compose<In, Out>(layers: readonly Layer<In, Out>[], last: Step<In, Out>): Step<In, Out> {
  return layers.reduceRight((next, layer) => layer(next), last);
}
