import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { patience } from "../../src/run/patience.ts"

/** Keeps the process from doing anything, as a stop does. */
const standStill = (ms: number) => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
const timed = (wait: Effect.Effect<void>) => Effect.map(Effect.andThen(Effect.sync(() => performance.now()), (began) => Effect.as(wait, began)), (began) => performance.now() - began)

describe("patience", () => {
  it.live("lasts as long as it says", () => Effect.gen(function*() {
    assert.isAtLeast(yield* timed(patience(30)), 29)
  }))

  it.live("is not used up by a time in which nothing could go on", () => Effect.gen(function*() {
    setTimeout(() => standStill(2300), 10)
    // Of the standstill no more than two seconds count: a tenth of a second is left afterwards.
    assert.isAtLeast(yield* timed(patience(2100)), 2400)
  }))
})
