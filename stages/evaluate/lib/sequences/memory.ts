/** How many answers fit into memory at once: with long sources, attention and what is remembered of a source take gigabytes. */
import { reachable, type Value } from "../../../../src/tensor/graph.ts"
import { sizeOf } from "../../../../src/tensor/shape.ts"
import { bytesOf } from "../../../../src/tensor/tensor.ts"
import { border, dependences } from "./dependence.ts"
import type { OpenModel } from "./model.ts"

/** The same on every machine, since how many answers go together may change the last digits of a score. */
const budget = 4 * 2 ** 30

/** Values of the greatest size that are there at once: attention's scores, with their mask, as weights. And copies of what is remembered: of the sources that come next, of those that are answered. */
const [greatestAtOnce, copies] = [3, 2]

/** Bytes that a row of an opened model takes, roughly. */
export const bytesOfRow = ({ hybrid, scores, source, target }: OpenModel): number => {
  const [rows = 1] = source.shape
  const outputs = hybrid === undefined ? [scores] : [scores, hybrid.value]
  const own = ({ shape, type }: Value): number => (sizeOf(shape) * bytesOf[type]) / rows
  const computed = reachable(outputs).filter(({ node, shape }) => node !== undefined && shape[0] === rows)
  const targets = new Set([target, ...(hybrid === undefined ? [] : [hybrid.target])])
  const remembered = border(outputs, dependences(outputs, targets)).reduce((sum, value) => sum + own(value), 0)
  return greatestAtOnce * computed.reduce((most, value) => Math.max(most, own(value)), 0) + copies * remembered
}

/** Rows for a model of which two rows are opened: as many as wanted, or as fit, by whole beams, one at least. */
export const rowsThatFit = (two: OpenModel, wanted: number, beam: number): number =>
  Math.max(1, Math.floor(Math.min(wanted, budget / bytesOfRow(two)) / beam)) * beam
