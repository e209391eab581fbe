/**
 * The networks beside PyTorch on the same cores, in turn: training steps, then forward passes of the networks as they are used. Last, how
 * long it takes until adversarial training of PreActResNet-18 (ten attack steps and the update in one graph) can begin.
 */
import { Effect } from "effect"
import { grad } from "../src/tensor/differentiate.ts"
import { Graph, type Value } from "../src/tensor/graph.ts"
import { drawParameters } from "../src/tensor/layers/network.ts"
import * as o from "../src/tensor/ops.ts"
import { openSession } from "../src/tensor/runtime.ts"
import { openTrainingLoop, sgd, type TrainingStep } from "../src/tensor/training.ts"
import { randomStream } from "../src/stage/random.ts"
import { type BenchRow, median, spread } from "./row.ts"
import { measureTraining, type TensorBenchOptions } from "./tensor.ts"
import { apart, compare, THREADS } from "./tensor/compare.ts"
import { applied, type ForwardWork, forwardWork, inputOf, learnedOf, lossOf, preActResNet, run, trained, trainingWork } from "./tensor/networks.ts"
import { type Peer, withPeer } from "./tensor/peer.ts"

export const networksBench = ({ quick = false, only = "" }: TensorBenchOptions = {}): Promise<ReadonlyArray<BenchRow>> =>
  withPeer(THREADS, async (peer) => {
    const rounds = quick ? 3 : 11
    const rows: Array<BenchRow> = []
    for (const make of trained) {
      const work = trainingWork(make())
      if (work.name.includes(only)) rows.push(await measureTraining(work, peer, rounds))
    }
    for (const make of run) {
      const work = forwardWork(make())
      if (work.name.includes(only)) rows.push(await measureForward(work, peer, rounds))
    }
    const creation = "PreActResNet-18, PGD-10 and update: graph to session"
    if (creation.includes(only)) rows.push(await measureCreation(creation, quick ? 1 : 3))
    return rows
  })

const measureForward = (work: ForwardWork, peer: Peer | undefined, rounds: number): Promise<BenchRow> =>
  Effect.runPromise(Effect.scoped(Effect.gen(function*() {
    const session = yield* openSession({ output: work.output }, { threads: THREADS })
    let results: Awaited<ReturnType<typeof session.runPromise>> = {}
    const side = {
      step: async () => {
        results = await session.runPromise(work.batch, results)
      },
      distance: (theirs: Readonly<Record<string, unknown>>) => apart("output", results["output"], theirs["output"])
    }
    return yield* Effect.promise(() => compare(work, side, peer, rounds))
  })))

/** Ten projected steps of the gradient's sign on the network as it is used, then a training step. */
const attackedStep = (): TrainingStep => {
  const candidate = preActResNet()
  const { batch, network } = candidate
  const graph = new Graph()
  const x = inputOf(graph, "x", { type: "float32", shape: [batch, 3, 32, 32] })
  const y = inputOf(graph, "y", { type: "int64", shape: [batch] })
  const [eps, size] = [8 / 255, 2 / 255]
  const [low, high] = [o.max(o.sub(x, eps), 0), o.min(o.add(x, eps), 1)]
  let attacked: Value = x
  for (let i = 0; i < 10; i++) {
    const [slope = attacked] = grad(lossOf(applied(graph, candidate, "inference", { x: attacked }).output, y), [attacked])
    attacked = o.min(o.max(o.add(attacked, o.mul(o.sign(slope), size)), low), high)
  }
  const built = applied(graph, candidate, "training", { x: o.stopGradient(attacked) })
  return { loss: lossOf(built.output, y), parameters: learnedOf(graph, network), carried: built.updates, optimiser: sgd({ momentum: 0.9 }) }
}

/** Seconds from the architecture to a session that can take its first step; the starting values are drawn before. */
const measureCreation = async (name: string, rounds: number): Promise<BenchRow> => {
  const { network } = preActResNet()
  const parameters = drawParameters(network, (parameter) => randomStream(0, "creation", parameter))
  const times: Array<number> = []
  for (let round = 0; round < rounds; round++) {
    const start = performance.now()
    await Effect.runPromise(Effect.scoped(Effect.suspend(() => openTrainingLoop(attackedStep(), parameters, { threads: THREADS })).pipe(
      Effect.tap(() => Effect.sync(() => times.push((performance.now() - start) / 1000)))
    )))
  }
  return { work: name, ours: median(times), peer: null, ratio: null, limit: 5, spread: spread(times), unit: "s" }
}
