/** The PyTorch process beside which the works are measured: found, started, asked and stopped. */
import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import type { Work } from "./works.ts"

/** The first Python that has torch. */
export const findPython = (): string | undefined =>
  ["/usr/bin/python3", "python3"].find((python) => spawnSync(python, ["-c", "import torch"], { stdio: "ignore" }).status === 0)

export class Peer {
  readonly #process: ChildProcessWithoutNullStreams
  readonly #answers: AsyncIterator<string>
  readonly #folder = mkdtempSync(join(tmpdir(), "reprise-bench-"))

  /** Threads wait without spinning, so that the two sides do not take each other's cores. */
  constructor(python: string, threads: number, script: string) {
    this.#process = spawn(python, [script, String(threads)], {
      env: { ...process.env, PYTHONDONTWRITEBYTECODE: "1", OMP_WAIT_POLICY: "passive", OMP_NUM_THREADS: String(threads), OPENBLAS_NUM_THREADS: String(threads) }
    })
    this.#process.stderr.pipe(process.stderr)
    this.#answers = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]()
  }

  async load({ peer, parameters, batch, learningRate }: Pick<Work, "peer" | "parameters" | "batch" | "learningRate">): Promise<string> {
    const tensors = Object.entries({ ...parameters, ...batch }).map(([name, { type, shape, data }]) => {
      const file = join(this.#folder, `${name}.bin`)
      writeFileSync(file, new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
      return { name, type, shape, file }
    })
    const { version } = await this.#ask({ load: { ...peer, learningRate, tensors, parameters: Object.keys(parameters) } })
    return String(version)
  }

  async steps(count: number): Promise<{ readonly seconds: number; readonly loss: number }> {
    const { seconds, loss } = await this.#ask({ steps: count })
    return { seconds: Number(seconds), loss: Number(loss) }
  }

  /** The most memory that the process has had resident, in MiB. */
  async memory(): Promise<number> {
    return Number((await this.#ask({ memory: true }))["peak"]) / 1024
  }

  /** The first thousand numbers of each parameter; of the output after a forward pass. */
  parameters(): Promise<Record<string, unknown>> {
    return this.#ask({ parameters: true })
  }

  async close(): Promise<void> {
    this.#process.stdin.end()
    if (this.#process.exitCode === null) await once(this.#process, "exit")
    rmSync(this.#folder, { recursive: true, force: true })
  }

  async #ask(question: Readonly<Record<string, unknown>>): Promise<Record<string, unknown>> {
    this.#process.stdin.write(`${JSON.stringify(question)}\n`)
    const { value, done } = await this.#answers.next()
    if (done === true || typeof value !== "string") throw new Error("the PyTorch process ended early; its error stands above")
    const answer: unknown = JSON.parse(value)
    if (!isRecord(answer)) throw new Error(`the PyTorch process answered ${value}`)
    return answer
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null

/** Does something beside a PyTorch process, or beside none where PyTorch is not installed. The script speaks the language of peer.py. */
export const withPeer = async <A>(
  threads: number,
  use: (peer: Peer | undefined) => Promise<A>,
  script = join(import.meta.dirname, "peer.py")
): Promise<A> => {
  const python = findPython()
  const peer = python === undefined ? undefined : new Peer(python, threads, script)
  try {
    return await use(peer)
  } finally {
    await peer?.close()
  }
}
