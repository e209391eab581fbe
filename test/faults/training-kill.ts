/**
 * Trainings that are killed at any time, in the midst of a step or of a save, and started again until one ends: what they leave has to be
 * what a training that nobody disturbed leaves, byte for byte.
 */
import assert from "node:assert/strict"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout } from "node:timers/promises"
import type { JsonObject } from "../../src/stage/json.ts"
import type { InputFile, StageInterface, TaskRequest } from "../../src/stage/protocol.ts"
import { randomStream } from "../../src/stage/random.ts"
import { writeDataset } from "../../src/table/dataset-file.ts"
import { programOf } from "../programs.ts"
import classifier from "../../stages/train/classifier.ts"
import seq2seq from "../../stages/train/seq2seq.ts"
import { backwards, writePairs } from "../stages/train/pairs.ts"

/** A stage that trains, and what it is given. */
interface Training {
  readonly stage: "classifier" | "seq2seq"
  readonly params: JsonObject
}

/** All at once, for a test that has little time. */
export const everything: Training = { stage: "classifier", params: {
  epochs: 60, optimiser: "adam", rate: 0.005, average: 0.99, warm_up: 1, schedule: "one-cycle", validation: 0.2, keep: "best", crop: 1, mixup: 0.3, adversarial: { method: "free", eps: 0.1, steps: 2 }
} }

/** Settings that carry state of every kind from step to step: optimisers, averages, schedules, held-out data, changed images, perturbations, running statistics. */
const classifiers: Readonly<Record<string, JsonObject>> = {
  "Adam, averaged weights, warm-up, held-out data and the best epoch": { optimiser: "adam", rate: 0.01, average: 0.99, warm_up: 1, validation: 0.2, keep: "best", crop: 1, mixup: 0.3 },
  "SGD with Nesterov momentum on plateaus, perturbations carried on": { nesterov: true, weight_decay: 0.001, schedule: "plateau", adversarial: { method: "free", eps: 0.1, steps: 2 } },
  "AdamW by one cycle, attacked by PGD in a growing ball": { optimiser: "adamw", rate: 0.01, schedule: "one-cycle", adversarial: { method: "pgd", eps: 0.1, steps: 3, growth: 4 } },
  "SGD by cosine, TRADES": { schedule: "cosine", adversarial: { method: "trades", eps: 0.1, steps: 2 } },
  "Adam in steps, smoothed labels, patience": { optimiser: "adam", rate: 0.003, schedule: "step", schedule_every: 5, label_smoothing: 0.1, validation: 0.2, patience: 400, flip: true, cutout: 2 },
  "SGD in cycles, FGSM from a random start": { schedule: "cyclic", schedule_every: 3, adversarial: { method: "fgsm", eps: 0.1 } }
}

export const trainings: Readonly<Record<string, Training>> = {
  ...Object.fromEntries(Object.entries(classifiers).map(([name, params]) => [name, { stage: "classifier", params }])),
  "sequences, padded to several lengths, with dropout, clipped gradients, averaged weights and the best epoch": {
    stage: "seq2seq", params: { epochs: 12, rate: 0.01, warm_up: 1, label_smoothing: 0.1, average: 0.99, keep: "best", keep_state: true }
  }
}

/** Normalisation gives running statistics, dropout draws at every step. */
const net = "layers: [{ conv: { channels: 4, kernel: 3, padding: 1 } }, { batch-norm: {} }, relu, flatten, { dropout: { rate: 0.2 } }, { linear: { units: 2 } }]"

interface Kind {
  readonly stage: StageInterface
  readonly params: JsonObject
  /** Writes what the stage reads. */
  readonly inputs: (folder: string) => Readonly<Record<string, Pick<InputFile, "path" | "kind">>>
}

const kinds: Readonly<Record<Training["stage"], Kind>> = {
  classifier: {
    stage: classifier,
    params: { model: "net.yaml", seed: 0, rate: 0.05, batch: 8, epochs: 150 },
    inputs: (folder) => {
      writeFileSync(join(folder, "net.yaml"), net)
      const x = randomStream(4, "training-kill", "images").fillUniform(new Float32Array(160 * 36))
      writeDataset(join(folder, "data"), { x, y: Float32Array.from({ length: 160 }, (_, i) => i % 2), shape: [1, 6, 6], metadata: {} })
      return { data: { path: join(folder, "data"), kind: "dataset" } }
    }
  },
  seq2seq: {
    stage: seq2seq,
    params: { model: "net.yaml", settings: { features: 16, positions: 16 }, seed: 0, batch: 8, source_lengths: 2 },
    inputs: (folder) => {
      copyFileSync(join(import.meta.dirname, "../../configs/models/transformer-mini.yaml"), join(folder, "net.yaml"))
      const [{ pairs, vocabulary }, others] = [writePairs(folder, "train", backwards(160, 8), 9), writePairs(folder, "validation", backwards(40, 8, "others"), 9)]
      return { train: { path: pairs, kind: "table" }, validation: { path: others.pairs, kind: "table" }, vocabulary: { path: vocabulary, kind: "table" } }
    }
  }
}

/** Runs the program to its end, or kills it so many milliseconds after it has saved its state. Gives whether it was killed. */
const runProgram = async (stage: Training["stage"], task: TaskRequest, killAfter?: number): Promise<boolean> => {
  const child = spawn(process.execPath, [await programOf(join(import.meta.dirname, "training-program.ts")), stage, JSON.stringify(task)], { stdio: ["ignore", "ignore", "pipe"] })
  let errors = ""
  child.stderr.on("data", (chunk: Buffer) => void (errors += chunk.toString()))
  const closed = once(child, "close")
  if (killAfter !== undefined) {
    const before = savedAt(task.checkpoint)
    while (child.exitCode === null && savedAt(task.checkpoint) === before) await setTimeout(5)
    await setTimeout(killAfter)
    child.kill("SIGKILL")
  }
  await closed
  assert.ok(child.exitCode === 0 || child.signalCode === "SIGKILL", `the training failed: ${errors}`)
  return child.signalCode === "SIGKILL"
}

const savedAt = (checkpoint: string): bigint | undefined => statSync(checkpoint, { throwIfNoEntry: false, bigint: true })?.mtimeNs

/**
 * Kills one training so many times, when `random` (uniform in [0, 1)) says, starting it again each time; lets it end at last. Gives how
 * often it went on from a saved state.
 */
export const surviveKills = async ({ params, stage: name }: Training, kills: number, random: () => number): Promise<number> => {
  const folder = mkdtempSync(join(tmpdir(), "reprise-training-"))
  try {
    const kind = kinds[name]
    const decoded = kind.stage.decode({ ...kind.params, ...params })
    assert.ok(decoded.ok, "the stage does not take these parameters")
    const inputs = Object.fromEntries(Object.entries(kind.inputs(folder)).map(([input, file]) => [input, [{ ...file, digest: "", mediaType: "", coordinates: {} }]]))
    const outputs = Object.keys(kind.stage.outputs)
    const place = (run: string, file: string) => join(folder, run, file)
    const start = (run: string, killAfter?: number) => {
      // As for every attempt of a task: only what was saved is still there.
      for (const file of [...outputs, "scratch"]) rmSync(place(run, file), { recursive: true, force: true })
      mkdirSync(place(run, "scratch"), { recursive: true })
      return runProgram(name, {
        id: run,
        params: decoded.params,
        inputs,
        outputs: Object.fromEntries(outputs.map((output) => [output, place(run, output)])),
        scratch: place(run, "scratch"),
        checkpoint: place(run, "checkpoint"),
        project: folder,
        threads: 1,
        backend: "cpu"
      }, killAfter)
    }
    await start("undisturbed")
    let resumed = -1
    // Up to two intervals between saves later: in the midst of steps, of epochs' ends and of saves.
    for (let killed = true; killed; resumed++) killed = await start("killed", resumed + 1 < kills ? 500 * random() : undefined)
    for (const output of outputs) {
      assert.ok(readFileSync(place("undisturbed", output)).equals(readFileSync(place("killed", output))), `${output} is not that of the training that was not disturbed`)
    }
    return resumed
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
