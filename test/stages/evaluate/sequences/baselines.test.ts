/** Answers without learning, on pairs that show what each baseline does. */
import { expect, test } from "vitest"
import baselines from "../../../../stages/evaluate/sequence-baselines.ts"
import { runStage } from "../../run-stage.ts"
import { pairTable, vocabularyTable } from "./tiny-model.ts"

const words = ["bos", "pad", "eos", "separator"].map((kind) => ({ token: kind, kind }))
  .concat(["1", "2", "3"].map((value) => ({ token: `C${value}`, kind: "coefficient" })), ["0", "1", "2"].map((value) => ({ token: `E${value}`, kind: "exponent" })))
const numbers = new Map(words.map(({ token }, id) => [token === "separator" ? "," : token, id]))

/** `C1 E2 , C3` as a row of 16 tokens. */
const row = (text: string): Int32Array => {
  const tokens = [...text.split(" "), "eos"]
  return Int32Array.from({ length: 16 }, (_, i) => numbers.get(tokens[i] ?? "pad") ?? -1)
}
const table = (pairs: ReadonlyArray<readonly [string, string]>) => pairTable(pairs.map(([source]) => row(source)), pairs.map(([, target]) => row(target)))

const train = () => table([["C1 E1", "C1 E2 , C2"], ["C2 E1", "C3"], ["C3 E2", "C1 E2 , C2"], ["C3 E1", "C1 E1 , C3 E1"]])
const data = () => table([
  ["C1 E1 , C2 E1 , C3 E2 E1", "C1 E1 , C2 E1"], // the first two polynomials
  ["C1 E1 E2 , C2 , C3", "C2 , C3"], // the two shortest ones
  ["C1 E1 , C2 E1", "C1 E2 , C2"], // the usual target
  ["C1 E1 , C2 E1 , C3", "C3 , C1 E1"], // copied, but in another order
  ["C1 E1 , C2 E2", "C2 E1 , C3 E2"] // other coefficients
])

test("each baseline is right where its kind of copying is", async () => {
  const ran = await runStage(baselines, {}, { inputs: { train: train(), data: data(), vocabulary: vocabularyTable(words) } })
  expect(ran.rows("usual")).toEqual([{ target: "C1 E2 separator C2", frequency: 2n, polynomials: 2n, samples: 4n }])
  const right = (name: string) => ran.rows("samples").filter(({ baseline }) => baseline === name).map((own) => own["right"])
  expect(right("first-copied")).toEqual([true, false, false, false, false])
  expect(right("shortest-copied")).toEqual([true, true, false, false, false])
  expect(right("most-frequent")).toEqual([false, false, true, false, false])
  expect(right("best-copy")).toEqual([true, true, false, true, false])
  expect(ran.rows("stat")).toMatchObject([
    { baseline: "first-copied", samples: 5n, accuracy: 0.2, support_accuracy: 0.4, polynomial_accuracy: 0.2 },
    { baseline: "shortest-copied", accuracy: 0.4, support_accuracy: 0.6 },
    { baseline: "most-frequent", accuracy: 0.2 },
    { baseline: "best-copy", accuracy: 0.6, support_accuracy: 0.8, polynomial_accuracy: 0.6 }
  ])
  expect(ran.rows("lengths").filter(({ baseline }) => baseline === "best-copy").map(({ accuracy, high, low }) => [low, high, accuracy])).toEqual([[1n, 16n, 0.6]])
})
