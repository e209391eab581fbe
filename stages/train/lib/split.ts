/** A share of a data set set aside, at random and for good: it depends on the seed alone. */
import { asSamples, type Dataset, partOf, type RandomStream, type Samples } from "../../../src/stage.ts"

/** Sets aside `share` of the samples, rounded; both parts keep the order of the data. Nothing is read yet. */
export const setAside = (all: Dataset | Samples, share: number, random: Pick<RandomStream, "permutation">): { readonly rest: Samples; readonly aside: Samples } => {
  const data = asSamples(all)
  const order = random.permutation(data.y.length)
  const count = Math.round(share * data.y.length)
  return { aside: partOf(data, order.slice(0, count).sort()), rest: count === 0 ? data : partOf(data, order.slice(count).sort()) }
}
