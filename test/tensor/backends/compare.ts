/** How far computed tensors are from the expected ones. */
import { type Tensor, toNumbers } from "../../../src/tensor/tensor.ts"

/** The first element further off than `tolerance`, relative to 1 or the value, or a wrong type or shape; undefined when all is well. */
export const differenceOf = (computed: Readonly<Record<string, Tensor>>, expected: Readonly<Record<string, Tensor>>, tolerance: number): string | undefined => {
  for (const [name, wanted] of Object.entries(expected)) {
    const actual = computed[name]
    if (actual === undefined || actual.type !== wanted.type || actual.shape.join() !== wanted.shape.join()) {
      return `${name} is ${actual?.type} [${actual?.shape.join()}], not ${wanted.type} [${wanted.shape.join()}]`
    }
    const [numbers, right] = [toNumbers(actual), toNumbers(wanted)]
    const wrong = right.findIndex((number, i) => {
      const found = numbers[i] ?? NaN
      return !Object.is(found, number) && found !== number && !(Math.abs(found - number) <= tolerance * Math.max(1, Math.abs(number)))
    })
    if (wrong >= 0) return `${name}[${wrong}] is ${numbers[wrong]}, not ${right[wrong]}`
  }
  return undefined
}
