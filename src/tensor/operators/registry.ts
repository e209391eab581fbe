/** All operators by name. */
import type { Composition, Operator } from "../operator.ts"
import { accumulations } from "./accumulation.ts"
import { activations } from "./activation.ts"
import { blockedOperators } from "./blocked.ts"
import { blocks } from "./blocks.ts"
import { comparisons } from "./comparison.ts"
import { convolutions } from "./convolution.ts"
import { einsums } from "./einsum.ts"
import { elementwise } from "./elementwise.ts"
import { fourier } from "./fourier.ts"
import { indexing } from "./indexing.ts"
import { integers } from "./integer.ts"
import { layout } from "./layout.ts"
import { lpPooling } from "./lp-pooling.ts"
import { masks } from "./masking.ts"
import { matrix } from "./matrix.ts"
import { normalisations } from "./normalisation.ts"
import { dynamics } from "./opaque.ts"
import { paddings } from "./padding.ts"
import { pooling } from "./pooling.ts"
import { rankings } from "./ranking.ts"
import { rectifiers } from "./rectifier.ts"
import { reductions } from "./reduction.ts"
import { resizes } from "./resize.ts"
import { softmaxes } from "./softmax.ts"
import { trigonometry } from "./trigonometry.ts"

const families: ReadonlyArray<ReadonlyArray<Operator | Composition>> = [
  elementwise, trigonometry, activations, rectifiers, comparisons, integers, reductions, accumulations, rankings, matrix, einsums, softmaxes,
  normalisations, layout, paddings, blocks, indexing, masks, dynamics, convolutions, pooling, lpPooling, resizes, fourier
]
const operators = new Map<string, Operator | Composition>(families.flat().map((operator) => [operator.name, operator]))
const internal = new Map<string, Operator>(blockedOperators)

/** An operator of ONNX by its name, or one of the runtime's own by the name that the engine gives it. */
export const operatorNamed = (name: string): Operator | Composition | undefined => operators.get(name) ?? internal.get(name)
/** ONNX's operators. */
export const operatorNames = (): ReadonlyArray<string> => [...operators.keys()]
