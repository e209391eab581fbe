/** A share of a data set set aside, at random and for good: it depends on the seed alone. */
import type { Dataset, RandomStream } from "../../../src/stage.ts"
import { samplesOf } from "../../data/lib/samples.ts"

/** Sets aside `share` of the samples, rounded; both parts keep the order of the data. */
export const setAside = (data: Dataset, share: number, random: Pick<RandomStream, "permutation">): { readonly rest: Dataset; readonly aside: Dataset } => {
  const order = random.permutation(data.y.length)
  const count = Math.round(share * data.y.length)
  return { aside: samplesOf(data, order.slice(0, count).sort()), rest: samplesOf(data, order.slice(count).sort()) }
}
