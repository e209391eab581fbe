/** What a complete training needs beside its steps: changed images, held-out data, averages, exact resumption, and attacks within the step. */
import { existsSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { randomStream } from "../../../src/stage/random.ts"
import type { Dataset } from "../../../src/table/dataset.ts"
import pgd from "../../../stages/attack/pgd.ts"
import { augment, beta } from "../../../stages/train/lib/augmentation.ts"
import classifier from "../../../stages/train/classifier.ts"
import { pace } from "../../../stages/train/lib/pace.ts"
import { setAside } from "../../../stages/train/lib/split.ts"
import { attemptStage, given, type Ran, runStage, temporaryFolder } from "../run-stage.ts"

const stream = (purpose: string) => randomStream(4, "complete", purpose)
const project = (layers: string) => {
  const folder = temporaryFolder()
  writeFileSync(join(folder, "net.yaml"), `layers: ${layers}`)
  return folder
}
const mlp = "[flatten, { linear: { units: 24 } }, relu, { linear: { units: 2 } }]"

/** Grey images of 4 x 4 in [0, 1]: class 1 is brighter on the left, class 0 on the right, besides noise. */
const images = (n: number, purpose: string): Dataset => {
  const x = stream(purpose).fillUniform(new Float32Array(n * 16))
  const y = Float32Array.from({ length: n }, (_, i) => i % 2)
  return { x: x.map((value, i) => 0.5 * value + ((i % 4 < 2) === (y[Math.floor(i / 16)] === 1) ? 0.5 : 0)), y, shape: [1, 4, 4], metadata: {} }
}
const train = (params: object, inputs: Readonly<Record<string, Dataset>> = { data: images(256, "train") }, layers = mlp) =>
  runStage(classifier, { model: "net.yaml", seed: 0, rate: 0.1, batch: 32, epochs: 6, ...params }, {
    project: project(layers), inputs: Object.fromEntries(Object.entries(inputs).map(([name, data]) => [name, given(data)]))
  })
const lastEpoch = (ran: Ran) => ran.rows("epochs").at(-1)

describe("changed images", () => {
  const image = Float32Array.from({ length: 9 }, (_, i) => i + 1)
  const always = (...draws: ReadonlyArray<number>) => {
    const left = [...draws]
    return { integer: () => left.shift() ?? 0 }
  }
  const changed = (by: Parameters<typeof augment>[3], ...draws: ReadonlyArray<number>) => {
    const to = new Float32Array(9)
    augment(image, to, [1, 3, 3], by, always(...draws))
    return [...to]
  }

  it("are crops of the padded image", () => {
    expect(changed({ crop: 1, flip: false, cutout: 0 }, 1, 1)).toEqual([...image])
    expect(changed({ crop: 1, flip: false, cutout: 0 }, 2, 0)).toEqual([0, 4, 5, 0, 7, 8, 0, 0, 0])
  })
  it("are mirrored half of the time", () => {
    expect(changed({ crop: 0, flip: true, cutout: 0 }, 1)).toEqual([3, 2, 1, 6, 5, 4, 9, 8, 7])
    expect(changed({ crop: 0, flip: true, cutout: 0 }, 0)).toEqual([...image])
  })
  it("have a hole that may stand over the edge", () => {
    expect(changed({ crop: 0, flip: false, cutout: 2 }, 0, 2)).toEqual([1, 0, 0, 4, 5, 6, 7, 8, 9])
  })
  it("are mixed in shares with the moments of Beta(a, a)", () => {
    for (const a of [0.2, 1, 3]) {
      const draws = Array.from({ length: 4000 }, (_, i) => beta(a, stream(`beta ${a}`).at(i)))
      const mean = draws.reduce((sum, value) => sum + value, 0) / draws.length
      const variance = draws.reduce((sum, value) => sum + (value - mean) ** 2, 0) / draws.length
      expect(mean).toBeCloseTo(0.5, 1)
      expect(variance).toBeCloseTo(1 / (4 * (2 * a + 1)), 1.8)
    }
  })
})

describe("train/classifier", () => {
  it.each([
    { optimiser: "adam", rate: 0.01 },
    { optimiser: "adamw", rate: 0.01, schedule: "cosine" },
    { nesterov: true, schedule: "one-cycle" },
    { schedule: "cyclic", schedule_every: 1 },
    { schedule: "step", schedule_every: 2, warm_up: 1 },
    { label_smoothing: 0.1, flip: false, crop: 1, cutout: 1 },
    { mixup: 0.4, average: 0.9 }
  ])("learns with %o", async (params) => {
    const ran = await train(params, { data: images(256, "train"), test: images(100, "test") })
    expect(ran.rows("epochs")).toHaveLength(6)
    expect(lastEpoch(ran)?.["test_accuracy"]).toBeGreaterThan(0.93)
  })

  it.each(["exponential", "hinge", "mse"])("learns signed labels by the %s loss", async (loss) => {
    const { shape, x, y } = images(256, "train")
    const ran = await train({ loss, rate: 0.02 }, { data: { x, y: y.map((label) => 2 * label - 1), shape, metadata: {} } }, "[flatten, { linear: { units: 1 } }]")
    expect(ran.rows("stat")[0]?.["accuracy"]).toBeGreaterThan(0.9)
  })

  it("measures what it sets aside, gives the weights of the best epoch and stops when none is better", async () => {
    const random = stream("coins")
    const noise = { ...images(120, "noise"), y: Float32Array.from({ length: 120 }, () => random.integer(2)) }
    const ran = await train({ epochs: 60, validation: 0.25, patience: 3, keep: "best", rate: 0.3 }, { data: noise })
    const epochs = ran.rows("epochs").map((row) => Number(row["validation_accuracy"]))
    const best = epochs.lastIndexOf(Math.max(...epochs)) // of equals the one with less loss
    expect(epochs.length).toBeLessThan(60)
    expect(epochs.length - 1 - best).toBeLessThanOrEqual(3)
    expect(ran.bytes("model")).not.toEqual(ran.bytes("last"))
    expect(ran.rows("stat")[0]?.["n"]).toBe(90n)
    expect(lastEpoch(ran)?.["test_accuracy"]).toBeNull()
  })

  it("stops at once when the loss is not a number any more", async () => {
    const params = { model: "net.yaml", seed: 0, rate: 1e30, batch: 32, epochs: 6 }
    const { error } = await attemptStage(classifier, params, { project: project(mlp), inputs: { data: given(images(64, "train")) } })
    expect(error?.message).toMatch(/The loss became (NaN|Infinity) at step \d, with a learning rate of 1e\+30/)
  })

  it("says how fast it goes and what is left", async () => {
    const times = [0, 2000]
    const say = pace(300, 32, 100, () => times.shift() ?? 0)
    expect(say(200)).toBe("1600 samples/s, 2 s left")
    const messages = (await train({})).events.flatMap((event) => (event.type === "progress" ? [event.message] : []))
    expect(messages.at(-1)).toMatch(/^loss [\d.e-]+, accuracy [\d.]+ %, \d+ samples\/s, 0 s left$/)
  })

  it.each([
    { optimiser: "adam", rate: 0.01, average: 0.99, validation: 0.2, keep: "best", crop: 1, mixup: 0.3 },
    { adversarial: { method: "free", eps: 0.1, steps: 2 }, epochs: 40 }
  ])("ends with the bytes of an uninterrupted run wherever it is interrupted: %o", async (extra) => {
    const params = { model: "net.yaml", seed: 0, rate: 0.05, batch: 8, epochs: 60, ...extra }
    const folder = project(mlp)
    const inputs = { data: given(images(200, "train")) }
    const straight = await runStage(classifier, params, { project: folder, inputs })
    const checkpoint = join(folder, "state")
    let attempts = 0
    for (let finished = false; !finished; attempts++) {
      const abort = new AbortController()
      const { error, ran } = await attemptStage(classifier, params, {
        project: folder, inputs, checkpoint, signal: abort.signal,
        onEvent: (event) => {
          if (event.type === "progress" && event.done < event.total && attempts < 2) abort.abort()
        }
      })
      finished = error === undefined
      if (finished) for (const output of ["model", "last", "epochs", "curve"]) expect(ran.bytes(output)).toEqual(straight.bytes(output))
    }
    expect(attempts).toBeGreaterThan(1)
    if (existsSync(checkpoint)) rmSync(checkpoint)
  })
})

describe("adversarial training", () => {
  const [eps, low, high] = [0.15, 0, 1]
  /** Four pixels say the class loudly but not always, twelve quietly and always: an attack of size eps turns the quiet ones round (Tsipras et al. 2019). */
  const tempting = (n: number, purpose: string): Dataset => {
    const random = stream(purpose)
    const y = Float32Array.from({ length: n }, (_, i) => i % 2)
    const x = Float32Array.from({ length: n * 16 }, (_, i) => {
      const side = y[Math.floor(i / 16)] === 1 ? 1 : -1
      return i % 16 < 4 ? 0.5 + 0.3 * side * (random.uniform() < 0.75 ? 1 : -1) : 0.5 + 0.05 * side + 0.02 * (random.uniform() - 0.5)
    })
    return { x, y, shape: [1, 4, 4], metadata: {} }
  }
  const robust = async (ran: Ran) => {
    const { model } = ran.outputs
    if (model === undefined) throw new Error("no model")
    const attack = await runStage(pgd, { eps, low, high, steps: 20 }, { inputs: { model, data: given(tempting(200, "tempting test")) } })
    return Number(attack.rows("stat")[0]?.["robust_accuracy"])
  }

  it("resists attacks better than training on clean images", async () => {
    const data = { data: tempting(256, "tempting") }
    const clean = await robust(await train({ epochs: 40 }, data))
    expect(clean).toBeLessThan(0.4)
    for (const method of ["fgsm", "pgd", "free", "trades"]) {
      const ran = await train({ epochs: 40, adversarial: { method, eps, low, high, steps: method === "free" ? 3 : 5 } }, data)
      const resisting = await robust(ran)
      expect([method, resisting, resisting > clean + 0.2]).toEqual([method, resisting, true])
    }
  })
})

describe("setting aside", () => {
  it("parts the data and keeps its order", () => {
    const { aside, rest } = setAside(images(40, "parts"), 0.25, stream("aside"))
    expect([aside.y.length, rest.y.length]).toEqual([10, 30])
    expect(aside.range(0, 10).length + rest.range(0, 30).length).toBe(640)
  })
})
