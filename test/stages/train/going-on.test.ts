/** A longer training that goes on from the state of a shorter one ends with the bytes of one that was never stopped. */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { randomStream } from "../../../src/stage/random.ts"
import type { JsonObject } from "../../../src/stage/json.ts"
import classifier from "../../../stages/train/classifier.ts"
import { attemptStage, given, type Made, runStage, temporaryFolder } from "../run-stage.ts"

const data = () => {
  const x = randomStream(0, "test", "x").fillNormal(new Float32Array(60 * 4))
  return given({ x, y: Float32Array.from({ length: 60 }, (_, i) => (x[4 * i] ?? 0) > 0 ? 1 : 0), shape: [4], metadata: {} })
}
const project = () => {
  const folder = temporaryFolder()
  writeFileSync(join(folder, "net.yaml"), "layers: [{ linear: { units: 5 } }, relu, { linear: { units: 2 } }]")
  return folder
}
const train = (params: JsonObject, inputs: Readonly<Record<string, Made>>, folder: string) =>
  runStage(classifier, { model: "net.yaml", batch: 16, seed: 3, keep_state: true, ...params }, { project: folder, inputs })

describe("a training that goes on", () => {
  it.each<[string, JsonObject]>([
    ["momentum", { rate: 0.1 }],
    ["Adam and an average of the weights", { optimiser: "adam", rate: 0.01, average: 0.9 }],
    ["held-out data and the best epoch", { rate: 0.05, validation: 0.2, keep: "best" }]
  ])("is the same as one that was never stopped: %s", async (_, params) => {
    const [folder, input] = [project(), data()]
    const straight = await train({ ...params, epochs: 9 }, { data: input }, folder)
    const one = await train({ ...params, epochs: 1 }, { data: input }, folder)
    const three = await train({ ...params, epochs: 3 }, { data: input, from: one.outputs["state"] ?? input }, folder)
    const nine = await train({ ...params, epochs: 9 }, { data: input, from: three.outputs["state"] ?? input }, folder)
    // All weights, averages, the best ones, and what the optimiser keeps.
    expect(Buffer.from(nine.bytes("state")).equals(Buffer.from(straight.bytes("state")))).toBe(true)
    expect(straight.bytes("state").length).toBeGreaterThan(4 * (4 * 5 + 5 + 5 * 2 + 2))
    expect([nine.rows("stat"), nine.rows("epochs")]).toEqual([straight.rows("stat"), straight.rows("epochs")])
    // Only what is new was done, and reported.
    expect(nine.events.flatMap((event) => (event.type === "metric" && event.name === "loss" ? [event.step] : []))).toEqual([4, 5, 6, 7, 8, 9])
  })

  it("refuses what is no state of such a training, and one that has gone further", async () => {
    const [folder, input] = [project(), data()]
    const params = { model: "net.yaml", batch: 16, seed: 3, epochs: 2 }
    const long = await train({ epochs: 4 }, { data: input }, folder)
    const attempt = (from: Made) => attemptStage(classifier, params, { project: folder, inputs: { data: input, from } })
    expect((await attempt(long.outputs["state"] ?? input)).error?.message).toContain("has taken 12 steps, and this one ends after 6")
    expect((await attempt(long.outputs["model"] ?? input)).error?.message).toContain("is of another one")
  })

  it("leaves an empty state where none was asked for", async () => {
    expect((await train({ epochs: 1, keep_state: false }, { data: data() }, project())).bytes("state")).toHaveLength(0)
  })
})
