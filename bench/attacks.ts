/**
 * Attacks and adversarial training as the stages do them, from samples in memory to samples in memory, beside a PyTorch transcription on the
 * same cores: opening sessions for the attacks, and permutations, batches and random starts for the training count. The last row of
 * the trainings says how long the cores wait for data.
 */
import { readFileSync } from "node:fs"
import { Effect } from "effect"
import { parse } from "yaml"
import { randomStream } from "../src/stage/random.ts"
import { readArchitecture } from "../src/tensor/layers/architecture.ts"
import { adam } from "../src/tensor/optimisers.ts"
import { itemOf, scalar, type Tensor, tensor } from "../src/tensor/tensor.ts"
import { attackByGradient } from "../stages/attack/lib/gradient-attack.ts"
import { openVictim } from "../stages/attack/lib/victim.ts"
import { adversarial } from "../stages/train/lib/adversarial.ts"
import { architectureNetwork } from "../stages/train/lib/architecture.ts"
import { miniBatches } from "../stages/train/lib/mini-batches.ts"
import { encodeNetwork } from "../stages/train/lib/model.ts"
import type { Network } from "../stages/train/lib/network.ts"
import { openStepLoop } from "../stages/train/lib/step-loop.ts"
import { type BenchRow, median, spread } from "./row.ts"
import { apart, compare, type Measured, THREADS } from "./tensor/compare.ts"
import { type Peer, withPeer } from "./tensor/peer.ts"

interface Case {
  readonly name: string
  readonly file: unknown
  readonly shape: ReadonlyArray<number>
  /** The layers as the peer reads them (attacks/peer.py). */
  readonly layers: ReadonlyArray<string>
}

const digits: Case = {
  name: "conv net for 28x28 digits (configs/models/mnist-conv.yaml)",
  file: parse(readFileSync(new URL("../configs/models/mnist-conv.yaml", import.meta.url), "utf8")),
  shape: [1, 28, 28],
  layers: ["conv conv1 2 1", "relu", "conv conv2 2 1", "relu", "flatten", "linear hidden", "relu", "linear head"]
}
const colours: Case = {
  name: "conv net 3-32-64-64, 32x32",
  file: {
    input: [3, 32, 32],
    layers: [
      { name: "conv1", conv: { channels: 32, padding: 1 } }, "relu", { name: "conv2", conv: { channels: 64, stride: 2, padding: 1 } }, "relu",
      { name: "conv3", conv: { channels: 64, padding: 1 } }, "relu", "global-mean", { name: "head", linear: { units: 10 } }
    ]
  },
  shape: [3, 32, 32],
  layers: ["conv conv1 1 1", "relu", "conv conv2 2 1", "relu", "conv conv3 1 1", "relu", "mean", "linear head"]
}

export const attacksBench = (
  { quick = false }: { readonly quick?: boolean } = {},
  onRow: (row: BenchRow) => void = () => {}
): Promise<ReadonlyArray<BenchRow>> =>
  withPeer(THREADS, async (peer) => {
    const rounds = quick ? 3 : 7
    const works = [
      Effect.map(attackRow(digits, quick ? 250 : 1000, peer, rounds), (row) => [row]),
      Effect.map(attackRow(colours, quick ? 50 : 250, peer, rounds), (row) => [row]),
      epochRows(digits, quick ? 10 : 40, peer, rounds)
    ]
    const rows: Array<BenchRow> = []
    for (const work of works) {
      for (const row of await Effect.runPromise(Effect.scoped(work))) {
        onRow(row)
        rows.push(row)
      }
    }
    return rows
  }, new URL("attacks/peer.py", import.meta.url).pathname)

const engine = { backend: "cpu", threads: THREADS }
const random = (purpose: string) => randomStream(0, "bench attacks", purpose)

const made = Effect.fn(function*({ file, shape }: Case, samples: number) {
  const network = yield* architectureNetwork(yield* Effect.fromResult(readArchitecture(file)), shape, random)
  const parameters = Object.fromEntries(network.parameters.map(({ initial, name, shape }) => [name, tensor(initial, shape)]))
  const x = random("x").fillUniform(new Float32Array(samples * shape.reduce((a, b) => a * b, 1)))
  const labels = random("y")
  const y = Float32Array.from({ length: samples }, () => labels.integer(10))
  return { network, parameters, data: { x, y, shape, metadata: {} } }
})

type Made = Effect.Success<ReturnType<typeof made>>
const measured = ({ layers }: Case, { data, parameters }: Made, kind: "pgd" | "epoch", rest: Pick<Measured, "name" | "limit" | "learningRate" | "tolerance">): Measured => {
  const n = data.y.length
  const batch: Record<string, Tensor> = { x: tensor(data.x, [n, ...data.shape]), y: tensor(data.y, [n]) }
  return { ...rest, peer: { kind, layers }, parameters, batch }
}

/** PGD-20 without a random start, so that both sides end at the same points. */
const attackRow = Effect.fn(function*(of: Case, samples: number, peer: Peer | undefined, rounds: number) {
  const ready = yield* made(of, samples)
  const { data, network } = ready
  const model = encodeNetwork(network, new Map(), {})
  const label = Int32Array.from(data.y)
  const attack = Effect.scoped(Effect.gen(function*() {
    const victim = yield* openVictim(model, data, engine)
    return yield* attackByGradient(victim, { x: data.x, label }, {
      rule: { kind: "projected", norm: "linf", eps: 0.1, step: 0.025 }, objective: "cross-entropy", targeted: false, steps: 20, range: { low: 0, high: 1 }, keep: "last", restarts: 1
    })
  }))
  const runPromise = Effect.runPromiseWith(yield* Effect.context<never>())
  let x: Tensor | undefined
  const side = {
    step: async () => {
      x = tensor((await runPromise(attack)).x, [data.x.length])
    },
    distance: (theirs: Readonly<Record<string, unknown>>) => apart("x", x, theirs["x"])
  }
  return yield* Effect.promise(() => compare(measured(of, ready, "pgd", { name: `PGD-20, ${of.name}, ${samples} samples`, limit: 0.8, learningRate: 0 }), side, peer, rounds))
})

/** Epochs of PGD-7 training at batch 128; the random starts differ, so that the mean losses of the second epoch are compared, loosely. */
const epochRows = Effect.fn(function*(of: Case, steps: number, peer: Peer | undefined, rounds: number) {
  const batch = 128
  const ready = yield* made(of, steps * batch)
  const { data } = ready
  const network: Network = ready.network
  const batches = miniBatches(data, batch, (epoch) => random(`epoch ${epoch}`))
  const method = adversarial("pgd", {
    norm: "linf", eps: 0.3, step: 0.1, steps: 7, range: { low: 0, high: 1 }, growth: 0, beta: 0, shape: [batch, ...of.shape], random: (step) => random(`attack ${step}`)
  })
  const { feeds, loop } = yield* openStepLoop({ network, loss: "cross-entropy", optimiser: adam(), method, batchSize: batch }, engine)
  const waited: Array<number> = []
  let [at, loss] = [0, 0]
  const side = {
    step: async () => {
      const start = performance.now()
      let [preparing, total] = [0, 0]
      for (let i = 0; i < steps; i++, at++) {
        const before = performance.now()
        const fed = { ...batches.batch(at), ...feeds(at), learningRate: scalar(0.001) }
        preparing += performance.now() - before
        const found = await loop.step(fed)
        total += found["loss"] === undefined ? Number.NaN : itemOf(found["loss"])
      }
      waited.push((100 * preparing) / (performance.now() - start))
      loss = total / steps
    },
    distance: (theirs: Readonly<Record<string, unknown>>) => apart("loss", scalar(loss), theirs["loss"])
  }
  const work = measured(of, ready, "epoch", {
    name: `epoch of PGD-7 training, ${of.name}, ${data.y.length} samples, batch ${batch}`, limit: 0.8, learningRate: 0.001, tolerance: 0.05
  })
  const row = yield* Effect.promise(() => compare(work, side, peer, rounds))
  const waiting: BenchRow = {
    work: "the same: share of the time in which the cores wait for the next batch", unit: "%", ours: median(waited), peer: null, ratio: null, limit: 5, spread: spread(waited),
    note: "permutation, batch and random start, made between two steps"
  }
  return [row, waiting]
})
