/** Builders of products that sum over named axes. */
import type { Value } from "../graph.ts"
import { call } from "./call.ts"

/**
 * Products of all operands, summed over every axis that the result does not name: `einsum("bhqd,bhkd->bhqk", queries, keys)`. Made of
 * transposes and matrix products, batched where operands share an axis that stays.
 */
export const einsum = (equation: string, ...operands: ReadonlyArray<Value>): Value => call("Einsum", operands, { equation })
