/**
 * Runs of a compiled graph on a thread of its own, so that the caller's can prepare the next batch meanwhile: onnxruntime-node computes on
 * the thread that asks. Numbers pass through shared memory; tensors that lie there already are not copied. This file is also what the
 * thread starts with.
 */
import { isMainThread, type MessagePort, parentPort, Worker, workerData } from "node:worker_threads"
import type * as Ort from "onnxruntime-node"
import { EngineError } from "./errors.ts"
import type { Runner } from "./runner.ts"
import { cloneTensor, copyTensor, isShared, sharedZeros, type Tensor, type TensorType } from "./tensor.ts"

/** What the thread is started for. */
interface Task {
  readonly purpose: "reprise session"
  readonly model: Uint8Array
  readonly options: Ort.InferenceSession.SessionOptions
}

/** Ids of what inputs are read from and outputs are written to, by their names. */
type Ids = Readonly<Record<string, number>>

interface Run {
  /** Tensors in shared memory that have not been sent before, with the ids that stand for them from now on. */
  readonly fresh: ReadonlyArray<readonly [id: number, tensor: Tensor]>
  readonly inputs: Ids
  readonly outputs: Ids
}

type Request = Run | "close"

/** What went wrong, if anything did. */
interface Answer {
  readonly problem?: string
}

// --- on the caller's thread

/** Compiles a model with these outputs on a new thread. Rejects with what the runtime says. */
export const runnerOnThread = async (model: Uint8Array, options: Ort.InferenceSession.SessionOptions, outputs: Readonly<Record<string, TensorType>>): Promise<Runner> => {
  const task: Task = { purpose: "reprise session", model, options }
  const thread = new Worker(new URL(import.meta.url), { workerData: task })
  await answerOf(thread)
  const gone = new Promise((resolve) => thread.once("exit", resolve))
  thread.unref() // between runs it does not keep the process alive
  const memory = new SharedMemory()
  const run = async (feeds: Readonly<Record<string, Tensor>>, into: Readonly<Record<string, Tensor>>): Promise<Record<string, Tensor>> => {
    const inputs: Record<string, number> = {}
    for (const [name, feed] of Object.entries(feeds)) {
      const place = memory.placeOf(`input ${name}`, feed)
      if (place !== feed) copyTensor(feed, place)
      inputs[name] = memory.idOf(place)
    }
    const places = Object.entries(outputs).map(([name, type]) => [name, memory.placeOf(`output ${name}`, into[name] ?? type)] as const)
    const request: Run = { inputs, outputs: Object.fromEntries(places.map(([name, place]) => [name, memory.idOf(place)])), fresh: memory.unsent() }
    thread.ref()
    thread.postMessage(request)
    await answerOf(thread).finally(() => thread.unref())
    return Object.fromEntries(places.map(([name, place]) => {
      const target = into[name]
      if (target !== undefined && target !== place) copyTensor(place, target)
      return [name, target ?? cloneTensor(place)]
    }))
  }
  // One at a time: all runs share the memory that inputs and outputs are copied to. The first starts at once, so that what its caller does next happens beside it.
  let last: Promise<void> | undefined
  const inTurn = async <A>(work: () => Promise<A>): Promise<A> => {
    const [before, own] = [last, Promise.withResolvers<void>()]
    last = own.promise
    if (before !== undefined) await before
    try {
      return await work()
    } finally {
      if (last === own.promise) last = undefined
      own.resolve()
    }
  }
  return {
    run: (feeds, into) => inTurn(() => run(feeds, into)),
    release: () => inTurn(async () => {
      const request: Request = "close"
      thread.ref()
      thread.postMessage(request)
      await gone
    })
  }
}

/** Tensors that both threads see. */
class SharedMemory {
  readonly #ids = new WeakMap<Tensor, number>()
  readonly #copies = new Map<string, Tensor>()
  #unsent: Array<readonly [number, Tensor]> = []
  #next = 0

  /** The tensor itself where it is shared, otherwise one to copy it to or from, the same at every run. */
  placeOf(role: string, of: Tensor | TensorType): Tensor {
    if ("data" in of && isShared(of)) return of
    const place = this.#copies.get(role) ?? sharedZeros(of.type, of.shape)
    this.#copies.set(role, place)
    return place
  }

  idOf(tensor: Tensor): number {
    const known = this.#ids.get(tensor)
    if (known !== undefined) return known
    const id = this.#next++
    this.#ids.set(tensor, id)
    this.#unsent.push([id, tensor])
    return id
  }

  unsent(): ReadonlyArray<readonly [number, Tensor]> {
    const all = this.#unsent
    this.#unsent = []
    return all
  }
}

/** Waits for the thread. Rejects when it says that something went wrong, ends or has ended. */
const answerOf = (thread: Worker): Promise<void> =>
  new Promise((resolve, reject) => {
    if (thread.threadId === -1) return reject(new EngineError({ message: hasEnded }))
    const settle = (problem: string | undefined) => {
      thread.off("message", answered).off("error", failed).off("exit", ended)
      if (problem === undefined) resolve()
      else reject(new EngineError({ message: problem }))
    }
    const answered = ({ problem }: Answer) => settle(problem)
    const failed = (cause: unknown) => settle(cause instanceof Error ? cause.message : String(cause))
    const ended = () => settle(hasEnded)
    thread.on("message", answered).on("error", failed).on("exit", ended)
  })

const hasEnded = "The thread that computes has ended."

// --- on the thread

const isTask = (value: unknown): value is Task => typeof value === "object" && value !== null && "purpose" in value && value.purpose === "reprise session"

const serve = async ({ model, options }: Task, port: MessagePort): Promise<void> => {
  const ort = await import("onnxruntime-node")
  ort.env.logLevel = "fatal"
  const session = await ort.InferenceSession.create(model, options)
  const tensors = new Map<number, Ort.Tensor>()
  const named = (ids: Ids): Record<string, Ort.Tensor> =>
    Object.fromEntries(Object.entries(ids).flatMap(([name, id]) => {
      const tensor = tensors.get(id)
      return tensor === undefined ? [] : [[name, tensor]]
    }))
  const answer = (answer: Answer) => port.postMessage(answer)
  port.on("message", (request: Request) => {
    if (request === "close") {
      void session.release().finally(() => port.close())
      return
    }
    for (const [id, { data, shape, type }] of request.fresh) tensors.set(id, new ort.Tensor(type, data, shape))
    session.run(named(request.inputs), named(request.outputs)).then(() => answer({}), (cause: unknown) => answer(problemOf(cause)))
  })
  answer({})
}

const problemOf = (cause: unknown): Answer => ({ problem: cause instanceof Error ? cause.message : String(cause) })

if (!isMainThread && isTask(workerData) && parentPort !== null) {
  const port = parentPort
  serve(workerData, port).catch((cause: unknown) => {
    port.postMessage(problemOf(cause))
    port.close()
  })
}
