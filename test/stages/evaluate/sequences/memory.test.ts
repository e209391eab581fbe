/** How many answers are worked on at once, by what a row takes. */
import { Effect } from "effect"
import { expect, test } from "vitest"
import { bytesOfRow, rowsThatFit } from "../../../../stages/evaluate/lib/sequences/memory.ts"
import { readSequenceModel } from "../../../../stages/evaluate/lib/sequences/model.ts"
import { tinyModel } from "./tiny-model.ts"

const opened = async (sourceLength: number) =>
  (await Effect.runPromise(readSequenceModel(tinyModel({ sourceLength, settings: { positions: sourceLength } }).bytes, { source: 1, target: 1 }))).open(2)

test("a row takes what attention to the source takes, and what is remembered of it", async () => {
  // Eight heads of 1000 x 1000 scores, three at once; keys, values and the mask of 1000 places, twice.
  expect(bytesOfRow(await opened(1000))).toBe(4 * (3 * 8 * 1000 * 1000 + 2 * 1000 * (32 + 32 + 1)))
  expect(bytesOfRow(await opened(10))).toBeLessThan(100_000)
})

test("rows are as many as wanted or as fit, in whole beams", async () => {
  const [short, long] = [await opened(10), await opened(1000)]
  expect(rowsThatFit(short, 64, 1)).toBe(64)
  expect(rowsThatFit(short, 64, 5)).toBe(60)
  expect(rowsThatFit(long, 64, 1)).toBe(44)
  expect(rowsThatFit(long, 64, 4)).toBe(44)
  expect(rowsThatFit(long, 64, 50)).toBe(50)
})
