/** All operators by name. */
import type { Operator } from "../operator.ts"
import { activations } from "./activation.ts"
import { comparisons } from "./comparison.ts"
import { convolutions } from "./convolution.ts"
import { elementwise } from "./elementwise.ts"
import { indexing } from "./indexing.ts"
import { layout } from "./layout.ts"
import { matrix } from "./matrix.ts"
import { pooling } from "./pooling.ts"
import { reductions } from "./reduction.ts"
import { softmaxes } from "./softmax.ts"

const operators = new Map<string, Operator>(
  [elementwise, activations, comparisons, reductions, matrix, softmaxes, layout, indexing, convolutions, pooling].flat()
    .map((operator) => [operator.name, operator])
)

export const operatorNamed = (name: string): Operator | undefined => operators.get(name)
export const operatorNames = (): ReadonlyArray<string> => [...operators.keys()]
