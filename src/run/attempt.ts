/** One attempt at one task: a workspace, a worker, and the publishing of what came out. */
import { Effect, Schema } from "effect"
import type { Engine, FingerprintRecord } from "../plan/fingerprint.ts"
import type { PlannedTask } from "../plan/plan.ts"
import type { InputFile, OutputSpec, StageEvent } from "../stage/protocol.ts"
import { shapeOf } from "../stage/shape.ts"
import type { StoreError } from "../store/error.ts"
import type { ActionRecord, StoredOutput } from "../store/layout.ts"
import type { StoreShape } from "../store/store.ts"
import type { RunnableStage } from "./decide.ts"
import type { TaskReply } from "./messages.ts"
import { TaskFailure, tookTooLong } from "./failure.ts"
import type { Gpus } from "./gpus.ts"
import { patience } from "./patience.ts"
import type { Pool } from "./pool.ts"
import type { TaskOutputs } from "./walk.ts"
import { scratchName, type Workspaces } from "./workspaces.ts"

/** Inputs whose bytes are not what they were published as. */
export class CorruptInputs extends Schema.TaggedError<CorruptInputs>()("CorruptInputs", {
  digests: Schema.Array(Schema.String)
}) {
  override get message(): string {
    return `The objects ${this.digests.join(", ")} are corrupt.`
  }
}

export interface AttemptOptions {
  readonly task: PlannedTask
  readonly fingerprint: string
  readonly record: FingerprintRecord
  readonly stage: RunnableStage
  /** Of a task that has finished. */
  readonly outputsOf: (task: string) => TaskOutputs | undefined
  readonly project: string
  readonly engine: Engine
  /** Graphics cards that are the task's own. */
  readonly gpus: Gpus
  /** File for what the task prints. */
  readonly log: string
  readonly producer: Effect.Effect<ActionRecord["producer"]>
  readonly onStart: (worker: number) => void
  readonly onEvent: (event: StageEvent) => void
}

/** Succeeds once everything is published. */
export const attemptTask = (store: StoreShape, pool: Pool, workspaces: Workspaces, options: AttemptOptions): Effect.Effect<ActionRecord, TaskFailure | CorruptInputs | StoreError> =>
  Effect.acquireUseRelease(
    workspaces.take,
    (workspace) => {
      const { task } = options
      const outputs = Object.fromEntries(Object.keys(declaredOutputs(options)).map((name) => [name, `${workspace}/${name}`]))
      const request = {
        id: task.id,
        params: task.params,
        inputs: inputFiles(store, options),
        outputs,
        scratch: `${workspace}/${scratchName}`,
        checkpoint: store.paths.checkpoint(options.fingerprint),
        project: options.project,
        threads: task.declaration.resources.cpus,
        ...(options.gpus.length === 0 ? {} : { gpus: options.gpus }),
        backend: options.engine.backend,
        ...(options.engine.config === undefined ? {} : { backendConfig: options.engine.config })
      }
      const startedAt = Date.now()
      const metrics: Record<string, number | null> = {}
      const onEvent = (event: StageEvent) => {
        if (event.type === "metric") metrics[event.name] = Number.isFinite(event.value) ? event.value : null
        options.onEvent(event)
      }
      const { resources, timeout } = task.declaration
      const ran = pool.run({ bundle: options.stage.bundle, request, log: options.log, memoryMiB: resources.memoryMiB }, options.onStart, onEvent)
      return (timeout === undefined ? ran : Effect.raceFirst(ran, Effect.andThen(patience(timeout * 1000), Effect.fail(tookTooLong(timeout))))).pipe(
        // What has been computed is published even if somebody presses Ctrl-C at this moment.
        Effect.flatMap((reply) => Effect.uninterruptible(publish(store, options, outputs, startedAt, metrics, reply)))
      )
    },
    (workspace) => workspaces.giveBack(workspace)
  )

const declaredOutputs = ({ stage, task }: AttemptOptions) => shapeOf(stage.stage, task.params, Object.keys(task.inputs)).outputs

const inputFiles = (store: StoreShape, { outputsOf, task }: AttemptOptions): Readonly<Record<string, ReadonlyArray<InputFile>>> =>
  Object.fromEntries(Object.entries(task.inputs).map(([name, sources]) => [
    name,
    sources.map((source) => {
      const stored = outputsOf(source.task)?.[source.output]
      if (stored === undefined) throw new Error(`${source.task} has left no output ${source.output}.`)
      const { digest, kind, mediaType } = stored
      return { path: store.paths.object(digest), digest, mediaType, kind, coordinates: source.item ?? {} }
    })
  ]))

const publish = Effect.fn("publish")(function*(
  store: StoreShape,
  options: AttemptOptions,
  staged: Readonly<Record<string, string>>,
  startedAt: number,
  metrics: Readonly<Record<string, number | null>>,
  reply: TaskReply
): Effect.fn.Return<ActionRecord, TaskFailure | CorruptInputs | StoreError> {
  if (reply.type === "corrupt") return yield* new CorruptInputs({ digests: reply.digests })
  if (reply.type === "failed") {
    const { exitCode, hint, message, tag } = reply
    return yield* new TaskFailure({ kind: kindOf(reply), message, tag, ...(hint === undefined ? {} : { hint }), ...(exitCode === undefined ? {} : { exitCode }) })
  }
  const outputs: Record<string, StoredOutput> = {}
  for (const [name, spec] of Object.entries(declaredOutputs(options))) {
    const sealed = reply.outputs[name]
    if (sealed !== undefined) outputs[name] = { ...sealed, kind: spec.kind, mediaType: mediaTypeOf(spec) }
  }
  const action: ActionRecord = {
    version: 1,
    fingerprint: options.fingerprint,
    record: options.record,
    outputs,
    startedAt,
    wallMs: reply.use.wallMs,
    cpuMs: reply.use.cpuMs,
    peakMemoryBytes: reply.use.peakMemoryBytes,
    ...(Object.keys(metrics).length === 0 ? {} : { metrics }),
    producer: yield* options.producer
  }
  yield* store.commit(action, staged)
  return action
})

/** A stage may find out itself that there is too little memory: a program that the kernel has killed. */
const kindOf = ({ exitCode, tag }: { readonly tag: string; readonly exitCode?: number }): TaskFailure["kind"] =>
  tag === "OutOfMemory" ? "out-of-memory" : exitCode === undefined ? "error" : "exit"

const mediaTypeOf = (spec: OutputSpec): string => {
  switch (spec.kind) {
    case "table":
    case "dataset":
      return "application/vnd.apache.arrow.file"
    case "model":
      return "application/onnx"
    case "artefact":
      return spec.mediaType
  }
}
