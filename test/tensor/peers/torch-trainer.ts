/** A PyTorch process that trains networks step by step beside the engine (training.py). */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { Schema } from "effect"
import type { Tensor } from "../../../src/tensor/tensor.ts"
import { torchInterpreter } from "../../stages/torch.ts"

/** What PyTorch is to train. */
export interface TorchJob {
  /** A name of torch_networks.py, or `exported` for the network that `exportNetwork` wrote. */
  readonly network: string
  readonly loss: "classes" | "tokens" | "gaussian-bound" | "mixture-bound"
  readonly optimiser: Readonly<Record<string, unknown>>
}

export interface TorchStep {
  /** In float32 and in float64. */
  readonly loss: number
  readonly exact: number
  /** Weights and statistics after the step, by name: in float32, and as they would be without rounding. */
  readonly weights: Readonly<Record<string, Float32Array>>
  readonly exactWeights: Readonly<Record<string, Float64Array>>
}

const Losses = Schema.Struct({ loss: Schema.Finite, exact: Schema.Finite })

export class TorchTrainer {
  readonly #process: ChildProcessWithoutNullStreams
  readonly #answers: AsyncIterator<string>
  readonly folder = mkdtempSync(join(tmpdir(), "reprise-peer-"))
  #sizes: ReadonlyArray<readonly [string, number]> = []

  constructor() {
    this.#process = spawn(torchInterpreter(), [join(import.meta.dirname, "training.py")], {
      env: { ...process.env, PYTHONDONTWRITEBYTECODE: "1", OMP_NUM_THREADS: "1", OMP_WAIT_POLICY: "passive" }
    })
    this.#process.stderr.pipe(process.stderr)
    this.#answers = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]()
  }

  /** The path of an ONNX file that PyTorch's own exporter wrote. */
  async exportNetwork(): Promise<string> {
    const path = join(this.folder, "exported.onnx")
    await this.#ask({ export: path })
    return path
  }

  async load(job: TorchJob, parameters: Readonly<Record<string, Tensor>>): Promise<void> {
    this.#sizes = Object.entries(parameters).map(([name, { data }]) => [name, data.length])
    await this.#ask({ load: { ...job, weights: this.#written("weights", parameters), order: this.#sizes } })
  }

  /** SGD goes on from these; numbers that have no velocity (statistics) need none. */
  async resume(weights: Readonly<Record<string, Tensor>>, velocities: Readonly<Record<string, Tensor>>): Promise<void> {
    await this.#ask({ resume: { weights: this.#written("weights", weights), velocities: this.#written("velocities", velocities) } })
  }

  async step(batch: Readonly<Record<string, Tensor>>): Promise<TorchStep> {
    const into = join(this.folder, "after")
    const told = Object.fromEntries(Object.entries(batch).map(([name, { data, shape, type }]) =>
      [name, { type, shape, data: Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("base64") }]))
    const losses = Schema.decodeUnknownSync(Losses)(await this.#ask({ step: { batch: told, into } }))
    const bytes = (path: string): ArrayBuffer => Uint8Array.from(readFileSync(path)).buffer
    return {
      ...losses,
      weights: this.#parts(new Float32Array(bytes(into))),
      exactWeights: this.#parts(new Float64Array(bytes(`${into}64`)))
    }
  }

  async close(): Promise<void> {
    this.#process.stdin.end()
    if (this.#process.exitCode === null) await once(this.#process, "exit")
    rmSync(this.folder, { recursive: true, force: true })
  }

  /** Path of a file with the numbers, zeros for names that are missing. */
  #written(name: string, tensors: Readonly<Record<string, Tensor>>): string {
    const path = join(this.folder, name)
    writeFileSync(path, Buffer.concat(this.#sizes.map(([each, size]) => {
      const { data } = tensors[each] ?? { data: new Float32Array(size) }
      return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    })))
    return path
  }

  #parts<Numbers extends { subarray(from: number, to: number): Numbers }>(all: Numbers): Record<string, Numbers> {
    let from = 0
    return Object.fromEntries(this.#sizes.map(([name, size]) => [name, all.subarray(from, (from += size))] as const))
  }

  async #ask(question: Readonly<Record<string, unknown>>): Promise<unknown> {
    this.#process.stdin.write(`${JSON.stringify(question)}\n`)
    const { value, done } = await this.#answers.next()
    if (done === true || typeof value !== "string") throw new Error("the PyTorch process ended early; its error stands above")
    return JSON.parse(value)
  }
}
