/**
 * Adversarial training: what is trained on is made by an attack on the weights of the moment, and attack and update are one graph.
 *
 *   fgsm    one step from a random point of the ball (Wong et al. 2020)
 *   pgd     several steps (Madry et al. 2018)
 *   free    each batch is trained on several times, and every time the perturbation takes a step along the same gradient's images (Shafahi et al. 2019)
 *   trades  the loss of the clean images, plus `beta` times the divergence of the scores of images that an attack drove apart (Zhang et al. 2019)
 *
 * Attacks see the network as it is used, with running statistics and without dropout.
 */
import type { RandomStream } from "../../../src/stage.ts"
import { grad } from "../../../src/tensor/differentiate.ts"
import type { Value } from "../../../src/tensor/graph.ts"
import { add, concat, exp, logSoftmax, mul, neg, type Operand, reduceMean, reduceSum, sigmoid, slice, softplus, stopGradient, sub } from "../../../src/tensor/ops.ts"
import { scalar, tensor, zeros } from "../../../src/tensor/tensor.ts"
import { type Norm, project, type Range, steepest, within } from "../../attack/lib/geometry.ts"
import { nextPoint } from "../../attack/lib/gradient-step.ts"
import { randomStart } from "../../attack/lib/start.ts"
import type { Method, StepGraph } from "./objective.ts"

export const defences = ["none", "fgsm", "pgd", "free", "trades"] as const
export type Defence = (typeof defences)[number]

export interface AdversarialSettings {
  readonly norm: Norm
  readonly eps: number
  /** Length of an attack's step. */
  readonly step: number
  /** Steps of an attack; for `free` the replays of a batch. */
  readonly steps: number
  readonly range: Range
  /** Steps of the training over which the ball grows from nothing to `eps`, and the attack's steps with it; 0 for none. */
  readonly growth: number
  /** Weight of the divergence in TRADES. */
  readonly beta: number
  /** Shape of a batch of images. */
  readonly shape: ReadonlyArray<number>
  /** Random numbers of a training step. */
  readonly random: (step: number) => Pick<RandomStream, "at">
}

/** The method of a defence. */
export const adversarial = (defence: Exclude<Defence, "none">, settings: AdversarialSettings): Method => {
  switch (defence) {
    case "fgsm": return attacked({ ...settings, steps: 1 })
    case "pgd": return attacked(settings)
    case "free": return free(settings)
    case "trades": return trades(settings)
  }
}

/** Share of its final size that the ball has in a step of the training. */
const grown = ({ growth }: AdversarialSettings, step: number): number => (step < growth ? (step + 1) / growth : 1)
/** That share in the graph: a plain 1 where it never changes, which multiplies nothing. */
const shareOf = ({ growth }: AdversarialSettings, { graph }: StepGraph): Operand =>
  growth === 0 ? 1 : graph.inputs.get("attackSize") ?? graph.input("attackSize", [])
const scaled = (size: Operand, by: number): Operand => (typeof size === "number" ? size * by : mul(size, by))
const sizeFeeds = (settings: AdversarialSettings, step: number) => ({ attackSize: scalar(grown(settings, step)) })

/** The point after so many steps up an objective, from a start; no gradient flows through it. */
const climb = (from: Value, origin: Value, objective: (x: Value) => Value, settings: AdversarialSettings, size: Operand): Value => {
  const { norm, range, steps } = settings
  const [eps, step] = [scaled(size, settings.eps), scaled(size, settings.step)]
  let x = from
  for (let k = 0; k < steps; k++) {
    const [gradient = x] = grad(objective(x), [x])
    ;({ x } = nextPoint({ kind: "projected", norm, eps, step }, { x }, origin, gradient, range))
  }
  return stopGradient(x)
}

const startInput = ({ graph, x }: StepGraph): Value => graph.input("attackStart", x.shape)

/** Differences to the images, drawn anew for every step of the training. */
const startFeeds = (settings: AdversarialSettings, draw: (step: number, size: number) => Float32Array): NonNullable<Method["feeds"]> => {
  const [, ...sample] = settings.shape
  const size = sample.reduce((a, b) => a * b, 1)
  return (step) => ({ attackStart: tensor(draw(step, size), settings.shape), ...sizeFeeds(settings, step) })
}

const attacked = (settings: AdversarialSettings): Method => {
  const { eps, norm, random, range, shape } = settings
  const values = shape.reduce((a, b) => a * b, 1)
  return {
    images: (step) => climb(within(add(step.x, startInput(step)), range), step.x, (x) => reduceSum(step.losses(step.scores(x))), settings, shareOf(settings, step)),
    feeds: startFeeds(settings, (step, size) => randomStart(norm, new Float32Array(values), size, eps * grown(settings, step), {}, random(step)))
  }
}

const free = (settings: AdversarialSettings): Method => {
  const { norm, range, shape } = settings
  let parts: { readonly delta: Value; readonly images: Value } | undefined
  return {
    images: ({ graph, x }) => {
      const delta = graph.input("perturbation", shape)
      parts = { delta, images: within(add(x, delta), range) }
      return parts.images
    },
    carried: (step) => {
      if (parts === undefined) throw new Error("The perturbation moves after the images are made.")
      const { delta, images } = parts
      const [gradient = images] = grad(reduceSum(step.losses(step.scores(images))), [images])
      const size = shareOf(settings, step)
      const moved = add(delta, mul(steepest(norm, gradient), scaled(size, settings.step)))
      return { perturbation: { next: project(norm, moved, scaled(size, settings.eps)), start: zeros("float32", shape) } }
    },
    feeds: (step) => sizeFeeds(settings, step)
  }
}

const trades = (settings: AdversarialSettings): Method => ({
  loss: (step) => {
    const [n = 0] = step.x.shape
    const calm = stopGradient(step.scores(step.x))
    const images = climb(add(step.x, startInput(step)), step.x, (x) => reduceSum(divergence(calm, step.scores(x))), settings, shareOf(settings, step))
    const both = step.trainingScores(concat([step.x, images], 0))
    const [clean, driven] = [slice(both, [0], [n]), slice(both, [n], [2 * n])]
    return { loss: add(reduceMean(step.losses(clean)), mul(reduceMean(divergence(clean, driven)), settings.beta)), scores: clean }
  },
  feeds: startFeeds(settings, (step, size) => {
    const stream = settings.random(step)
    const draw = new Float32Array(settings.shape.reduce((a, b) => a * b, 1))
    for (let row = 0; row * size < draw.length; row++) stream.at(row).fillNormal(draw.subarray(row * size, (row + 1) * size))
    return draw.map((value) => 0.001 * value)
  })
})

/** Divergence of the probabilities of scores q from those of p, for each sample: sum p (log p - log q). Binary scores are log-odds. */
const divergence = (p: Value, q: Value): Value => {
  if (p.shape.length === 1) {
    const part = (side: (of: Value) => Value) => mul(sigmoid(side(p)), sub(softplus(neg(side(q))), softplus(neg(side(p)))))
    return add(part((of) => of), part(neg))
  }
  const [own, other] = [logSoftmax(p), logSoftmax(q)]
  return reduceSum(mul(exp(own), sub(own, other)), [1])
}
