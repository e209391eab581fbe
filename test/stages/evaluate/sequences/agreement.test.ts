/** How far an answer is right, on sequences written as words. */
import { expect, test } from "vitest"
import { agreementOf, sameToken } from "../../../../stages/evaluate/lib/sequences/agreement.ts"
import type { Vocabulary } from "../../../../stages/evaluate/lib/sequences/vocabulary.ts"

const words = { "<pad>": "pad", "<s>": "bos", "</s>": "eos", ",": "separator", "+": "operator", "[C]": "number", C1: "coefficient", C2: "coefficient", E0: "exponent", E1: "exponent" }
const vocabulary: Vocabulary = { tokens: Object.keys(words), kinds: Object.values(words), pad: 0, bos: 1, eos: 2, separator: 3, number: 5 }
/** Numbers stand for the word [C] with that number beside it. */
const sequence = (text: string) => {
  const parts = text.split(" ")
  return { tokens: Int32Array.from(parts, (word) => (Number.isNaN(Number(word)) ? vocabulary.tokens.indexOf(word) : 5)), values: Float32Array.from(parts, (word) => (Number.isNaN(Number(word)) ? 0 : Number(word))) }
}
const compare = (answer: string, target: string, threshold = 0.1, modulus?: number) => agreementOf(sequence(answer), sequence(target), vocabulary, sameToken(vocabulary, threshold, modulus))

test.each([
  ["the target itself", "C1 E1 + C2 E0 , C1 E0 </s>", { right: true, support: true, polynomialsRight: 2 }],
  ["another coefficient", "C1 E1 + C1 E0 , C1 E0 </s>", { right: false, support: true, polynomialsRight: 1 }],
  ["another exponent", "C1 E1 + C2 E1 , C1 E0 </s>", { right: false, support: false, polynomialsRight: 1 }],
  ["a coefficient in place of an exponent", "C1 E1 + C2 C1 , C1 E0 </s>", { right: false, support: false, polynomialsRight: 1 }],
  ["one polynomial left out", "C1 E0 </s>", { right: false, support: false, polynomialsRight: 0 }],
  ["polynomials exchanged", "C1 E0 , C1 E1 + C2 E0 </s>", { right: false, support: false, polynomialsRight: 0 }],
  ["one polynomial more", "C1 E1 + C2 E0 , C1 E0 , C1 E0 </s>", { right: false, support: false, polynomialsRight: 2 }],
  ["everything, but no end", "C1 E1 + C2 E0 , C1 E0", { right: false, support: false, polynomialsRight: 2 }],
  ["nothing", "</s>", { right: false, support: false, polynomialsRight: 0 }]
])("%s", (_, answer, expected) => {
  expect(compare(answer, "C1 E1 + C2 E0 , C1 E0 </s>")).toEqual({ polynomials: 2, ...expected })
})

test("numbers beside tokens may be off by less than the threshold, around the modulus too", () => {
  const right = (answer: string, target: string, threshold: number, modulus?: number) => compare(`${answer} E1 </s>`, `${target} E1 </s>`, threshold, modulus)
  expect(right("0.55", "0.5", 0.1)).toMatchObject({ right: true, support: true })
  expect(right("0.65", "0.5", 0.1)).toMatchObject({ right: false, support: true })
  expect(right("6", "0", 0.5, 7)).toMatchObject({ right: false })
  expect(right("6.75", "0", 0.5, 7)).toMatchObject({ right: true })
  expect(compare("E1 E1 </s>", "0.5 E1 </s>")).toMatchObject({ right: false, support: false })
})
