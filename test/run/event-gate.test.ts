import { assert, describe, it } from "vitest"
import { makeEventGate } from "../../src/run/event-gate.ts"
import type { StageEvent } from "../../src/stage/protocol.ts"

const progress = (done: number): StageEvent => ({ type: "progress", done, total: 1000 })
const metric = (step: number): StageEvent => ({ type: "metric", name: "loss", value: 1 / step, step })

/** A gate with a clock of ours, and what it let through. */
const gateAt = () => {
  const sent: Array<ReadonlyArray<StageEvent>> = []
  let now = 0
  return { sent, pass: (ms: number) => (now += ms), gate: makeEventGate((events) => sent.push(events), () => now) }
}

describe("the gate for a stage's events", () => {
  it("lets the latest progress through twenty times a second, although the stage never yields", () => {
    const { gate, pass, sent } = gateAt()
    for (let step = 1; step <= 1000; step++) {
      gate.emit(progress(step))
      pass(1)
    }
    gate.close()
    assert.strictEqual(sent.length, 21)
    assert.deepStrictEqual(sent.at(-1), [progress(1000)])
  })

  it("loses no metric, and keeps their order", () => {
    const { gate, sent } = gateAt()
    const all = Array.from({ length: 5000 }, (_, i) => metric(i + 1))
    for (const event of all) gate.emit(event)
    gate.close()
    assert.deepStrictEqual(sent.flat(), all)
    assert.isBelow(sent.length, 10)
  })
})
